package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.Gemm;

/// A matrix product shared among threads: `C = A B`, or added to `C`. `B` is packed first, panels
/// of [Gemm#WIDTH] columns by [#DEPTH] rows, so that a block of it stays in a core's second-level
/// cache while rows of `A` pass by (Goto and van de Geijn 2008, "Anatomy of High-Performance Matrix
/// Multiplication"). Operands are addresses with distances in bytes between rows and columns.
///
/// Used again and again; one product at a time, from one thread.
final class Product {
    /// Of a panel; a block of 256 times 32 floats is two thirds of a first-level cache.
    private static final int DEPTH = 256;

    /// Rows of `A` at a time, at most: with [#DEPTH], 192 KB.
    private static final int ROWS = 192;

    /// Columns of `B` at a time: with [#DEPTH], 512 KB.
    private static final int COLUMNS = 512;

    /// Pieces for each thread, so that all end at nearly the same time.
    private static final int PIECES = 4;

    private final Gemm gemm;
    private final WorkerPool pool;
    private final Scratch scratch;
    private final WorkerPool.Job packing = (_, from, to) -> packPanels(from, to);
    private final WorkerPool.Job multiplying = this::multiply;

    private long a;
    private long aRow;
    private long aColumn;
    private long b;
    private long bRow;
    private long bColumn;
    private long c;
    private long cRow;
    private int m;
    private int n;
    private int k;
    private boolean adds;
    private long packed;
    private int panels;
    private int depths;
    private int rowsOfPiece;
    private int rowPieces;
    private int columnsOfPiece;

    Product(Step step) {
        gemm = step.gemm;
        pool = step.pool;
        scratch = step.scratch;
    }

    Product(Gemm gemm, WorkerPool pool, Scratch scratch) {
        this.gemm = gemm;
        this.pool = pool;
        this.scratch = scratch;
    }

    /// Bytes of scratch for all threads that a product with `[k, n]` needs.
    static long packedBytes(int n, int k) {
        return Math.ceilDiv(n, Gemm.WIDTH) * Gemm.panelBytes(k);
    }

    /// Bytes of scratch that each thread needs.
    static long ownBytes() {
        return Gemm.scratchBytes(ROWS);
    }

    /// `A` is `[m, k]`.
    Product a(long address, long row, long column) {
        a = address;
        aRow = row;
        aColumn = column;
        return this;
    }

    /// `B` is `[k, n]`; one of the distances is that of a float.
    Product b(long address, long row, long column) {
        b = address;
        bRow = row;
        bColumn = column;
        return this;
    }

    /// `C` is `[m, n]`, its columns side by side.
    Product c(long address, long row) {
        c = address;
        cRow = row;
        return this;
    }

    void run(int rows, int columns, int depth, boolean add) {
        if (rows == 0 || columns == 0) return;
        pack(columns, depth);
        runPacked(rows, add);
    }

    /// Packs `B` into the scratch of all, for one or more [#runPacked].
    void pack(int columns, int depth) {
        packAt(scratch.shared(), columns, depth);
    }

    /// Packs `B` to memory of [#packedBytes].
    void packAt(long address, int columns, int depth) {
        n = columns;
        k = depth;
        packed = address;
        panels = Math.ceilDiv(n, Gemm.WIDTH);
        depths = Math.ceilDiv(k, DEPTH);
        pool.run(panels * depths, 2, packing);
    }

    /// With the `B` that was packed last.
    void runPacked(int rows, boolean add) {
        m = rows;
        adds = add;
        columnsOfPiece = Math.min(COLUMNS, Math.ceilDiv(n, Gemm.WIDTH) * Gemm.WIDTH);
        int columnPieces = Math.ceilDiv(n, columnsOfPiece);
        int wanted = Math.ceilDiv(PIECES * pool.threads(), columnPieces);
        int even = Math.ceilDiv(Math.ceilDiv(m, wanted), 12) * 12;
        rowsOfPiece = Math.clamp(even, 24, ROWS);
        rowPieces = Math.ceilDiv(m, rowsOfPiece);
        pool.run(rowPieces * columnPieces, 1, multiplying);
    }

    /// Of depth block `d`: `depths` even pieces.
    private int depthAt(int d) {
        return (int) ((long) k * d / depths);
    }

    private long panel(int depthBlock, int panel) {
        int from = depthAt(depthBlock);
        int depth = depthAt(depthBlock + 1) - from;
        return packed + Gemm.panelBytes(from) * panels + Gemm.panelBytes(depth) * panel;
    }

    private void packPanels(int from, int to) {
        for (int piece = from; piece < to; piece++) {
            int d = piece / panels;
            int panel = piece % panels;
            int depth = depthAt(d + 1) - depthAt(d);
            int column = panel * Gemm.WIDTH;
            int columns = Math.min(Gemm.WIDTH, n - column);
            long source = b + depthAt(d) * bRow + column * bColumn;
            long target = panel(d, panel);
            if (bColumn == Float.BYTES) gemm.pack(source, bRow, depth, columns, target);
            else gemm.packTransposed(source, bColumn, depth, columns, target);
        }
    }

    private void multiply(int worker, int from, int to) {
        long own = scratch.own(worker);
        for (int piece = from; piece < to; piece++) {
            int row = piece % rowPieces * rowsOfPiece;
            int rows = Math.min(rowsOfPiece, m - row);
            int firstColumn = piece / rowPieces * columnsOfPiece;
            int endColumn = Math.min(firstColumn + columnsOfPiece, n);
            for (int d = 0; d < depths; d++) {
                int k0 = depthAt(d);
                int depth = depthAt(d + 1) - k0;
                for (int column = firstColumn; column < endColumn; column += Gemm.WIDTH)
                    gemm.panel(
                            a + row * aRow + k0 * aColumn,
                            aRow,
                            aColumn,
                            rows,
                            panel(d, column / Gemm.WIDTH),
                            depth,
                            c + row * cRow + (long) column * Float.BYTES,
                            cRow,
                            Math.min(Gemm.WIDTH, n - column),
                            adds || d > 0,
                            own);
            }
        }
    }
}

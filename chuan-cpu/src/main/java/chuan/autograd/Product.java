package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;

/// A matrix product shared among threads: `C = A B`, or added to `C`. `B` is packed first, panels
/// of a few columns by some hundred rows, so that a block of it stays in a core's second-level
/// cache while rows of `A` pass by (Goto and van de Geijn 2008, "Anatomy of High-Performance Matrix
/// Multiplication"). Operands are addresses with distances in bytes between rows and columns.
///
/// Used again and again; one product at a time, from one thread.
final class Product {
    /// Columns that are packed at a time: whole lines of memory, and their neighbours.
    private static final int PACKED_COLUMNS = 4 * BlockProduct.WIDTH;

    private final BlockProduct kernel;
    private final BlockProduct.Blocking blocking;
    private final WorkerPool pool;
    private final Scratch scratch;
    private final WorkerPool.Job packing = this::pack;
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
    private int packings;
    private int rowsOfPiece;
    private int rowPieces;
    private int columnsOfPiece;

    Product(Step step) {
        this(step.products, step.pool, step.scratch);
    }

    Product(BlockProduct kernel, WorkerPool pool, Scratch scratch) {
        this.kernel = kernel;
        blocking = kernel.blocking();
        this.pool = pool;
        this.scratch = scratch;
    }

    /// Bytes of scratch for all threads that a product with `[k, n]` needs.
    static long packedBytes(BlockProduct kernel, int n, int k) {
        var blocking = kernel.blocking();
        int panels = Math.ceilDiv(n, BlockProduct.WIDTH);
        long bytes = 0;
        int depths = depths(blocking, k);
        for (int d = 0; d < depths; d++) {
            int depth = depthAt(blocking, k, depths, d + 1) - depthAt(blocking, k, depths, d);
            bytes += panels * kernel.packedBytes(depth);
        }
        return bytes;
    }

    /// Bytes of scratch that each thread needs.
    static long ownBytes(BlockProduct kernel) {
        var blocking = kernel.blocking();
        return kernel.ownBytes(blocking.rows(), blocking.columns(), blocking.depth());
    }

    /// `A` is `[m, k]`; one of the distances is that of a float.
    Product a(long address, long row, long column) {
        a = address;
        aRow = row;
        aColumn = column;
        return this;
    }

    /// `B` is `[k, n]`; the same.
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
        panels = Math.ceilDiv(n, BlockProduct.WIDTH);
        depths = depths(blocking, k);
        packings = Math.ceilDiv(n, PACKED_COLUMNS);
        pool.run(packings * depths, 2, packing);
    }

    /// With the `B` that was packed last.
    void runPacked(int rows, boolean add) {
        m = rows;
        adds = add;
        columnsOfPiece = Math.min(blocking.columns(), panels * BlockProduct.WIDTH);
        int columnPieces = Math.ceilDiv(n, columnsOfPiece);
        rowsOfPiece = rowsOfPiece(columnPieces);
        rowPieces = Math.ceilDiv(m, rowsOfPiece);
        pool.run(rowPieces * columnPieces, 1, multiplying);
    }

    /// Few, if all of `B` stays in a core's second-level cache: what is packed of `A` is multiplied
    /// while it is in the first. Else as many as there may be, because each piece reads its columns
    /// of `B` from further away.
    private int rowsOfPiece(int columnPieces) {
        int unit = blocking.rowUnit();
        if (kernel.packedBytes(k) * panels <= blocking.resident()) return 2 * unit;
        int shares = columnPieces < 2 * pool.threads() ? pool.threads() : 1;
        int pieces = shares * Math.ceilDiv(m, shares * blocking.rows());
        return Math.ceilDiv(Math.ceilDiv(m, pieces), unit) * unit;
    }

    private static int depths(BlockProduct.Blocking blocking, int k) {
        return Math.ceilDiv(k, blocking.depth());
    }

    /// Where block `d` of `depths` nearly even ones begins.
    private static int depthAt(BlockProduct.Blocking blocking, int k, int depths, int d) {
        int unit = blocking.depthUnit();
        long units = Math.ceilDiv(k, unit);
        return (int) Math.min(k, units * d / depths * unit);
    }

    private int depthAt(int d) {
        return depthAt(blocking, k, depths, d);
    }

    private long panel(int depthBlock, int column) {
        int from = depthAt(depthBlock);
        int depth = depthAt(depthBlock + 1) - from;
        return packed
                + kernel.packedBytes(from) * panels
                + kernel.packedBytes(depth) * (column / BlockProduct.WIDTH);
    }

    private void pack(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++) {
            int d = piece / packings;
            int column = piece % packings * PACKED_COLUMNS;
            kernel.packColumns(
                    b + depthAt(d) * bRow + column * bColumn,
                    bRow,
                    bColumn,
                    depthAt(d + 1) - depthAt(d),
                    Math.min(PACKED_COLUMNS, n - column),
                    panel(d, column),
                    scratch.own(worker));
        }
    }

    private void multiply(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++) {
            int row = piece % rowPieces * rowsOfPiece;
            int column = piece / rowPieces * columnsOfPiece;
            for (int d = 0; d < depths; d++)
                kernel.multiply(
                        a + row * aRow + depthAt(d) * aColumn,
                        aRow,
                        aColumn,
                        Math.min(rowsOfPiece, m - row),
                        panel(d, column),
                        depthAt(d + 1) - depthAt(d),
                        c + row * cRow + (long) column * Float.BYTES,
                        cRow,
                        Math.min(columnsOfPiece, n - column),
                        adds || d > 0,
                        scratch.own(worker));
        }
    }
}

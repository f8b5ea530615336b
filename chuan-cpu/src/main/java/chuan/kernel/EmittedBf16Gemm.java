package chuan.kernel;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// [Bf16Gemm] by machine code: the tiles of AMX, or AVX512-BF16. Rows of `A` are packed when they
/// are multiplied, once for all columns of the block.
///
/// Both operands are packed in panels of 32 lines, rows of `A` or columns of `B`, block by block of
/// 32 elements of depth ([TilePackKernel]). A block at an edge is first laid out with zeros around
/// it.
public final class EmittedBf16Gemm implements Bf16Gemm {
    private static final int SIZE = TileGemmKernel.SIZE;
    private static final int TILE = TileGemmKernel.TILE_BYTES;
    private static final int BLOCK = TileGemmKernel.BLOCK_BYTES;

    /// Of 32 rows of 32 floats.
    private static final int EDGE_ROW = DEPTH * Float.BYTES;

    private static final int EDGE_BYTES = DEPTH * EDGE_ROW;

    /// `(code, a, b, depths, c, rows, columns, cRow)`
    private static final MethodHandle MULTIPLYING = handle(7);

    /// `(code, from, fromRow, to, blocks, fromStep, toStep)`
    private static final MethodHandle PACKING = handle(6);

    private final Order order;

    /// By whether it adds.
    private final List<CheckedFunction> products = new ArrayList<>();

    /// By whether it interleaves, then by whether it transposes.
    private final List<CheckedFunction> packing = new ArrayList<>();

    private EmittedBf16Gemm(Order order, String instead) {
        this.order = order;
        var family = new CodeFamily("bf16 products", instead);
        for (boolean adds : new boolean[] {false, true}) {
            var kernel =
                    switch (order) {
                        case BLOCKS -> new TileGemmKernel(adds);
                        case PAIRS -> new PairGemmKernel(adds);
                    };
            products.add(
                    new CheckedFunction(
                            kernel, family, entry -> Bf16Checks.isRight(order, adds, entry)));
        }
        for (boolean interleaves : new boolean[] {false, true})
            for (boolean transposes : new boolean[] {false, true}) {
                var kernel = new TilePackKernel(interleaves, transposes);
                packing.add(
                        new CheckedFunction(
                                kernel, family, entry -> Bf16Checks.isRight(kernel, entry)));
            }
    }

    /// Machine code, if all its functions turn out right, else `others`. To be asked for on
    /// processors with AVX512-BF16 ([chuan.asm.CpuFeatures#avx512Bf16]), and with tiles
    /// ([chuan.asm.CpuFeatures#amxBf16]) for [Order#BLOCKS].
    static Bf16Gemm orElse(Order order, Bf16Gemm others) {
        var emitted = new EmittedBf16Gemm(order, others.name() + " kernels");
        return emitted.functions().stream().allMatch(CheckedFunction::works) ? emitted : others;
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var all = new ArrayList<>(products);
        all.addAll(packing);
        return all;
    }

    private static MethodHandle handle(int arguments) {
        var layouts =
                Collections.nCopies(arguments, ValueLayout.JAVA_LONG).toArray(MemoryLayout[]::new);
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts));
    }

    @Override
    public Order order() {
        return order;
    }

    @Override
    public String name() {
        return switch (order) {
            case BLOCKS -> "tiles of AMX";
            case PAIRS -> "AVX512-BF16";
        };
    }

    @Override
    public long packedBytes(int depth) {
        return (long) Math.ceilDiv(depth, DEPTH) * BLOCK;
    }

    private long leftBytes(int rows, int depth) {
        return Math.ceilDiv(rows, WIDTH) * packedBytes(depth);
    }

    /// A block at an edge, packed rows, and tiles of `C` that are not whole.
    @Override
    public long ownBytes(int rows, int columns, int depth) {
        long across = (long) Math.ceilDiv(columns, SIZE) * TILE;
        long along = (long) Math.ceilDiv(rows, SIZE) * TILE;
        return EDGE_BYTES + leftBytes(rows, depth) + Math.max(across, along);
    }

    @Override
    public void packColumns(
            long b, long bRow, long bColumn, int depth, int columns, long panels, long own) {
        pack(b, bColumn, bRow, columns, depth, panels, bRow == Float.BYTES, own);
    }

    /// @param transposes what the kernel makes, whose lines are rows if depth lies along, else
    ///   pairs
    private void pack(
            long from,
            long line,
            long step,
            int lines,
            int depth,
            long to,
            boolean transposes,
            long edge) {
        boolean along = step == Float.BYTES;
        var code = packing.get((along ? 0 : 2) + (transposes ? 1 : 0)).entry();
        long panel = packedBytes(depth);
        int panels = lines / WIDTH;
        int depths = depth / DEPTH;
        if (along && depths > 0)
            for (int p = 0; p < panels; p++)
                pack(code, from + p * WIDTH * line, line, to + p * panel, depths, EDGE_ROW, BLOCK);
        if (!along && panels > 0)
            for (int d = 0; d < depths; d++)
                pack(
                        code,
                        from + d * DEPTH * step,
                        step,
                        to + (long) d * BLOCK,
                        panels,
                        EDGE_ROW,
                        panel);
        for (int p = 0; p * WIDTH < lines; p++)
            for (int d = p < panels ? depths : 0; d * DEPTH < depth; d++) {
                int linesHere = Math.min(WIDTH, lines - p * WIDTH);
                int depthHere = Math.min(DEPTH, depth - d * DEPTH);
                layOut(
                        from + p * WIDTH * line + d * DEPTH * step,
                        along ? line : step,
                        along ? linesHere : depthHere,
                        along ? depthHere : linesHere,
                        edge);
                pack(code, edge, EDGE_ROW, to + p * panel + (long) d * BLOCK, 1, 0, 0);
            }
    }

    private static void layOut(long from, long row, int rows, int columns, long edge) {
        Memory.ALL.asSlice(edge, EDGE_BYTES).fill((byte) 0);
        copyRows(from, row, edge, EDGE_ROW, rows, columns);
    }

    @Override
    public void multiply(
            long a,
            long aRow,
            long aColumn,
            int rows,
            long panels,
            int depth,
            long c,
            long cRow,
            int columns,
            boolean adds,
            long own) {
        long left = own + EDGE_BYTES;
        pack(a, aRow, aColumn, rows, depth, left, aColumn != Float.BYTES, own);
        long rest = left + leftBytes(rows, depth);
        int depths = Math.ceilDiv(depth, DEPTH);
        int wholeRows = rows / SIZE;
        int wholeColumns = columns / SIZE;
        multiply(left, panels, depths, c, wholeRows, wholeColumns, cRow, adds);
        if (columns % SIZE > 0) {
            long to = c + (long) wholeColumns * SIZE * Float.BYTES;
            int width = columns % SIZE;
            int height = wholeRows * SIZE;
            long row = (long) SIZE * Float.BYTES;
            if (adds) copyRows(to, cRow, rest, row, height, width);
            multiply(
                    left, tile(panels, wholeColumns, depth), depths, rest, wholeRows, 1, row, adds);
            copyRows(rest, row, to, cRow, height, width);
        }
        if (rows % SIZE > 0) {
            long to = c + wholeRows * SIZE * cRow;
            int across = Math.ceilDiv(columns, SIZE);
            long row = (long) across * SIZE * Float.BYTES;
            if (adds) copyRows(to, cRow, rest, row, rows % SIZE, columns);
            multiply(tile(left, wholeRows, depth), panels, depths, rest, 1, across, row, adds);
            copyRows(rest, row, to, cRow, rows % SIZE, columns);
        }
    }

    /// The first of the tiles for lines `[16 * index, ...)`.
    private long tile(long panels, int index, int depth) {
        return panels + index / 2 * packedBytes(depth) + (long) (index % 2) * TILE;
    }

    private void multiply(
            long a, long b, int depths, long c, int rows, int columns, long cRow, boolean adds) {
        if (rows > 0 && columns > 0)
            multiply(products.get(adds ? 1 : 0).entry(), a, b, depths, c, rows, columns, cRow);
    }

    private static void copyRows(
            long from, long fromRow, long to, long toRow, int rows, int columns) {
        long bytes = (long) columns * Float.BYTES;
        for (int i = 0; i < rows; i++)
            MemorySegment.copy(Memory.ALL, from + i * fromRow, Memory.ALL, to + i * toRow, bytes);
    }

    /// Calls a [TileGemmKernel] or a [PairGemmKernel].
    static void multiply(
            MemorySegment code,
            long a,
            long b,
            long depths,
            long c,
            long rows,
            long columns,
            long cRow) {
        try {
            MULTIPLYING.invokeExact(code, a, b, depths, c, rows, columns, cRow);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    /// Calls a [TilePackKernel].
    static void pack(
            MemorySegment code,
            long from,
            long fromRow,
            long to,
            long blocks,
            long fromStep,
            long toStep) {
        try {
            PACKING.invokeExact(code, from, fromRow, to, blocks, fromStep, toStep);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }
}

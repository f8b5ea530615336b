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

/// [Gemm] by [GemmKernel]. Rows of `A` are packed when they are multiplied, once for all columns of
/// the block: a tile of them is one stream then, whatever lies along.
public final class EmittedGemm implements Gemm {
    /// `(code, a, panel, depth, c, tiles, cRow)`
    private static final MethodHandle CALL = handle(6);

    /// `(code, from, distance, to, depth or toRow, blocks)`
    private static final MethodHandle MOVING = handle(5);

    /// Registers of a row of `c` that one call takes.
    private static final int MOST_VECTORS = 2;

    private static final int LINE = 64;

    private final int bits;
    private final Gemm others;
    private final int tile;

    private final CheckedFunction copy;
    private final CheckedFunction transpose;

    /// By rows, vectors and whether it adds.
    private final CheckedFunction[] functions;

    /// Of `A`, by rows and whether depth lies along them.
    private final CheckedFunction[] packing;

    /// @param bits of a register: 256 or 512
    /// @param others who compute if machine code turns out wrong
    EmittedGemm(int bits, Gemm others) {
        this.bits = bits;
        this.others = others;
        tile = GemmKernel.rows(bits);
        functions = new CheckedFunction[index(tile + 1, 1, false)];
        var family = new CodeFamily("fp32 products, " + bits + " bits", others.name() + " kernels");
        var copying = new PanelCopyKernel(bits);
        copy =
                new CheckedFunction(
                        copying, family, entry -> FunctionChecks.isRight(copying, entry));
        var turning = new TransposeKernel();
        transpose =
                new CheckedFunction(
                        turning, family, entry -> FunctionChecks.isRight(turning, entry));
        packing = new CheckedFunction[packing(tile + 1, false)];
        for (int rows = 1; rows <= tile; rows++)
            for (boolean along : new boolean[] {false, true}) {
                var kernel = new GemmPackKernel(rows, along);
                packing[packing(rows, along)] =
                        new CheckedFunction(
                                kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
            }
        for (int rows = 1; rows <= tile; rows++)
            for (int vectors = 1; vectors <= MOST_VECTORS; vectors++)
                for (boolean adds : new boolean[] {false, true}) {
                    var kernel = new GemmKernel(bits, rows, vectors, adds);
                    functions[index(rows, vectors, adds)] =
                            new CheckedFunction(
                                    kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
                }
    }

    @Override
    public void pack(long b, long row, int depth, int columns, long panel) {
        if (columns == WIDTH && copy.works()) moving(copy.entry(), b, row, panel, depth, 0);
        else Gemm.super.pack(b, row, depth, columns, panel);
    }

    @Override
    public void packTransposed(long b, long column, int depth, int columns, long panel) {
        int size = TransposeKernel.SIZE;
        if (columns % size != 0 || depth % size != 0 || !transpose.works()) {
            Gemm.super.packTransposed(b, column, depth, columns, panel);
            return;
        }
        long row = WIDTH * Float.BYTES;
        for (int j = 0; j < columns; j += size)
            moving(
                    transpose.entry(),
                    b + j * column,
                    column,
                    panel + (long) j * Float.BYTES,
                    row,
                    depth / size);
        for (int j = columns; j < WIDTH; j++)
            for (int k = 0; k < depth; k++) Memory.putF32(panel, (long) k * WIDTH + j, 0);
    }

    /// Calls a [PanelCopyKernel], a [TransposeKernel] or a [GemmPackKernel].
    static void moving(
            MemorySegment code, long from, long fromRow, long to, long fourth, long fifth) {
        try {
            MOVING.invokeExact(code, from, fromRow, to, fourth, fifth);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    private static MethodHandle handle(int arguments) {
        var layouts =
                Collections.nCopies(arguments, ValueLayout.JAVA_LONG).toArray(MemoryLayout[]::new);
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts));
    }

    private static int packing(int rows, boolean along) {
        return (rows - 1) * 2 + (along ? 1 : 0);
    }

    private static int index(int rows, int vectors, boolean adds) {
        return ((rows - 1) * MOST_VECTORS + vectors - 1) * 2 + (adds ? 1 : 0);
    }

    @Override
    public String name() {
        return "machine code of " + bits + " bits";
    }

    /// Rows of `A` as they are packed, and columns of `C` that do not fill a register.
    @Override
    public long ownBytes(int rows, int columns, int depth) {
        return packedRowBytes(rows, depth) + (long) rows * WIDTH * Float.BYTES;
    }

    private static long packedRowBytes(int rows, int depth) {
        return Math.ceilDiv((long) rows * depth * Float.BYTES, LINE) * LINE;
    }

    @Override
    public void panel(
            long a,
            long aRow,
            long aStep,
            int rows,
            long panel,
            int depth,
            long c,
            long cRow,
            int columns,
            boolean adds,
            long own) {
        multiply(a, aRow, aStep, rows, panel, depth, c, cRow, columns, adds, own);
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
        boolean along = aColumn == Float.BYTES;
        if (depth == 0 || !works(rows, along)) {
            others.multiply(a, aRow, aColumn, rows, panels, depth, c, cRow, columns, adds, own);
            return;
        }
        packRows(a, aRow, aColumn, rows, depth, own);
        int lanes = bits / Float.SIZE;
        for (int j = 0; j < columns; j += WIDTH) {
            long panel = panels + j / WIDTH * packedBytes(depth);
            long to = c + (long) j * Float.BYTES;
            int n = Math.min(WIDTH, columns - j);
            if (n % lanes == 0) {
                whole(own, rows, panel, depth, to, cRow, n / lanes, adds);
            } else {
                long edge = own + packedRowBytes(rows, depth);
                long row = WIDTH * Float.BYTES;
                if (adds) copyRows(to, cRow, edge, row, rows, n);
                whole(own, rows, panel, depth, edge, row, Math.ceilDiv(n, lanes), adds);
                copyRows(edge, row, to, cRow, rows, n);
            }
        }
    }

    private void packRows(long a, long aRow, long aColumn, int rows, int depth, long to) {
        boolean along = aColumn == Float.BYTES;
        for (int i = 0; i < rows; i += tile) {
            var code = packing[packing(Math.min(tile, rows - i), along)].entry();
            long at = to + (long) i * depth * Float.BYTES;
            moving(code, a + i * aRow, along ? aRow : aColumn, at, depth, 0);
        }
    }

    private boolean works(int rows, boolean along) {
        return (rows < tile || allWork(tile, along))
                && (rows % tile == 0 || allWork(rows % tile, along));
    }

    private boolean allWork(int rows, boolean along) {
        if (!packing[packing(rows, along)].works()) return false;
        for (int vectors = 1; vectors <= MOST_VECTORS; vectors++)
            if (!functions[index(rows, vectors, false)].works()
                    || !functions[index(rows, vectors, true)].works()) return false;
        return true;
    }

    /// @param packed rows of `A`
    private void whole(
            long packed,
            int rows,
            long panel,
            int depth,
            long c,
            long cRow,
            int vectors,
            boolean adds) {
        int tiles = rows / tile;
        int done = tiles * tile;
        long last = packed + (long) done * depth * Float.BYTES;
        for (int v = 0; v < vectors; v += MOST_VECTORS) {
            int n = Math.min(MOST_VECTORS, vectors - v);
            long disp = (long) v * bits / Byte.SIZE;
            if (tiles > 0) {
                var code = functions[index(tile, n, adds)].entry();
                call(code, packed, panel + disp, depth, c + disp, tiles, cRow);
            }
            if (rows > done) {
                var code = functions[index(rows - done, n, adds)].entry();
                call(code, last, panel + disp, depth, c + done * cRow + disp, 1, cRow);
            }
        }
    }

    private static void copyRows(
            long from, long fromRow, long to, long toRow, int rows, int columns) {
        long bytes = (long) columns * Float.BYTES;
        for (int i = 0; i < rows; i++)
            MemorySegment.copy(Memory.ALL, from + i * fromRow, Memory.ALL, to + i * toRow, bytes);
    }

    /// Calls a [GemmKernel].
    static void call(
            MemorySegment code, long a, long panel, long depth, long c, long tiles, long cRow) {
        try {
            CALL.invokeExact(code, a, panel, depth, c, tiles, cRow);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var all = new ArrayList<>(List.of(functions));
        all.addAll(List.of(packing));
        all.add(copy);
        all.add(transpose);
        return all;
    }
}

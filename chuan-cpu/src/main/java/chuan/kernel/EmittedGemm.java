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

/// [Gemm] by [GemmKernel].
public final class EmittedGemm implements Gemm {
    /// `(code, a, panel, depth, c, tiles, aRow, aStep, cRow)`
    private static final MethodHandle CALL = handle(8);

    /// `(code, from, fromRow, to, depth or toRow, blocks)`
    private static final MethodHandle MOVING = handle(5);

    /// Registers of a row of `c` that one call takes.
    private static final int MOST_VECTORS = 2;

    private final int bits;
    private final Gemm others;
    private final int tile;

    private final CheckedFunction copy;
    private final CheckedFunction transpose;

    /// By rows, vectors and whether it adds.
    private final CheckedFunction[] functions;

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

    /// Calls a [PanelCopyKernel] or a [TransposeKernel].
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

    private static int index(int rows, int vectors, boolean adds) {
        return ((rows - 1) * MOST_VECTORS + vectors - 1) * 2 + (adds ? 1 : 0);
    }

    @Override
    public String name() {
        return "machine code of " + bits + " bits";
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
            long scratch) {
        int lanes = bits / Float.SIZE;
        if (!works(rows)) {
            others.panel(a, aRow, aStep, rows, panel, depth, c, cRow, columns, adds, scratch);
        } else if (columns % lanes == 0) {
            whole(a, aRow, aStep, rows, panel, depth, c, cRow, columns / lanes, adds);
        } else {
            long row = WIDTH * Float.BYTES;
            if (adds) copyRows(c, cRow, scratch, row, rows, columns);
            int vectors = Math.ceilDiv(columns, lanes);
            whole(a, aRow, aStep, rows, panel, depth, scratch, row, vectors, adds);
            copyRows(scratch, row, c, cRow, rows, columns);
        }
    }

    private boolean works(int rows) {
        return (rows < tile || allWork(tile)) && (rows % tile == 0 || allWork(rows % tile));
    }

    private boolean allWork(int rows) {
        for (int vectors = 1; vectors <= MOST_VECTORS; vectors++)
            if (!functions[index(rows, vectors, false)].works()
                    || !functions[index(rows, vectors, true)].works()) return false;
        return true;
    }

    private void whole(
            long a,
            long aRow,
            long aStep,
            int rows,
            long panel,
            int depth,
            long c,
            long cRow,
            int vectors,
            boolean adds) {
        int tiles = rows / tile;
        int last = rows - tiles * tile;
        for (int v = 0; v < vectors; v += MOST_VECTORS) {
            int n = Math.min(MOST_VECTORS, vectors - v);
            long disp = (long) v * bits / Byte.SIZE;
            if (tiles > 0)
                call(
                        functions[index(tile, n, adds)].entry(),
                        a,
                        panel + disp,
                        depth,
                        c + disp,
                        tiles,
                        aRow,
                        aStep,
                        cRow);
            long done = (long) tiles * tile;
            if (last > 0)
                call(
                        functions[index(last, n, adds)].entry(),
                        a + done * aRow,
                        panel + disp,
                        depth,
                        c + done * cRow + disp,
                        1,
                        aRow,
                        aStep,
                        cRow);
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
            MemorySegment code,
            long a,
            long panel,
            long depth,
            long c,
            long tiles,
            long aRow,
            long aStep,
            long cRow) {
        try {
            CALL.invokeExact(code, a, panel, depth, c, tiles, aRow, aStep, cRow);
        } catch (Throwable e) {
            throw EmittedCalls.impossible(e);
        }
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var all = new ArrayList<>(List.of(functions));
        all.add(copy);
        all.add(transpose);
        return all;
    }
}

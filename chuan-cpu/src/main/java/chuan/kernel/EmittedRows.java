package chuan.kernel;

import chuan.asm.LazyFunction;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Weights in rows times activations, by [RowsKernel]. Plain weights are widened on their way
/// through the registers; blocks are decoded by others, a few rows at a time, into the cache, where
/// they meet one tile of tokens after the other.
///
/// Activations and results stay in their Java arrays: the calls are critical ones, during which the
/// garbage collector waits. None lasts longer than four rows take to be read, some microseconds, up
/// to twenty for the widest rows straight from memory.
final class EmittedRows {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /// `(code, weights, x, xStart, y, yStart, columns, yStride)`
    private static final MethodHandle CALL = handle(LONG);

    /// The same for weights at the start of a Java array.
    private static final MethodHandle CALL_DECODED = handle(ValueLayout.ADDRESS);

    /// Floats of activations that stay in a core's second-level cache while rows pass by.
    private static final int CACHED_FLOATS = 128 * 1024;

    private final Kernels others;
    private final int bits;

    /// Tokens of a tile, at most.
    private final int tile;

    /// By format of the weights and tokens, from 1 on.
    private final LazyFunction[][] functions;

    /// @param others for what is not emitted: odd numbers of columns, the last rows
    /// @param bits of a register: 256 or 512
    EmittedRows(Kernels others, int bits) {
        this.others = others;
        this.bits = bits;
        tile = bits == 512 ? 6 : 3;
        functions = new LazyFunction[EmittedLoads.values().length][tile];
        for (var loads : EmittedLoads.values())
            for (int t = 1; t <= tile; t++)
                functions[loads.ordinal()][t - 1] =
                        new LazyFunction(new RowsKernel(loads, bits, rows(bits, t), t));
    }

    /// Rows that a call takes.
    private static int rows(int bits, int tokens) {
        return bits == 512 || tokens == 1 ? 4 : 2;
    }

    private static MethodHandle handle(MemoryLayout weights) {
        var address = ValueLayout.ADDRESS;
        var function = FunctionDescriptor.ofVoid(weights, address, LONG, address, LONG, LONG, LONG);
        return Linker.nativeLinker().downcallHandle(function, Linker.Option.critical(true));
    }

    /// Four rows, decoded.
    static int scratchFloats(int columns) {
        return Math.multiplyExact(4, columns);
    }

    /// As [Kernels#matmul] has it.
    void matmul(Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        if (w.format().isPanels() || w.columns() % Kernels.LANES != 0)
            others.matmul(w, from, to, x, tokens, y, scratch);
        else inBlocks(w, loads(w.format()), from, to, x, tokens, y, scratch);
    }

    private static @Nullable EmittedLoads loads(WeightFormat format) {
        return switch (format) {
            case F32 -> EmittedLoads.F32;
            case BF16 -> EmittedLoads.BF16;
            case F16 -> EmittedLoads.F16;
            case INT8 -> EmittedLoads.INT8;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> null;
        };
    }

    /// As many tokens at a time as the cache holds.
    ///
    /// @param loads null for rows that are to be decoded first
    private void inBlocks(
            Matrix w,
            @Nullable EmittedLoads loads,
            int from,
            int to,
            float[] x,
            int tokens,
            float[] y,
            float[] scratch) {
        int rows = rows(bits, tokens);
        int whole = from + (to - from) / rows * rows;
        int block = Math.max(2, CACHED_FLOATS / w.columns() / tile) * tile;
        int blocks = Math.ceilDiv(tokens, block);
        for (int i = 0; i < blocks; i++) {
            int t = (int) ((long) tokens * i / blocks);
            int end = (int) ((long) tokens * (i + 1) / blocks);
            for (int r = from; r < whole; r += rows)
                if (loads == null) decoded(w, r, rows, x, t, end, y, scratch);
                else direct(w, loads, r, x, t, end, y);
        }
        if (w.format() == WeightFormat.INT8) scale(w, from, whole, tokens, y);
        if (whole < to) others.matmul(w, whole, to, x, tokens, y, scratch);
    }

    private void direct(
            Matrix w, EmittedLoads loads, int r, float[] x, int from, int end, float[] y) {
        long weights = w.address(r);
        for (int t = from; t < end; ) {
            int n = next(end - t);
            try {
                CALL.invokeExact(
                        functions[loads.ordinal()][n - 1].entry(),
                        weights,
                        MemorySegment.ofArray(x),
                        bytes(t, w.columns(), 0),
                        MemorySegment.ofArray(y),
                        bytes(t, w.rows(), r),
                        (long) w.columns(),
                        bytes(1, w.rows(), 0));
            } catch (Throwable e) {
                throw impossible(e);
            }
            t += n;
        }
    }

    private void decoded(
            Matrix w, int r, int rows, float[] x, int from, int end, float[] y, float[] scratch) {
        for (int i = 0; i < rows; i++) others.widen(w, r + i, scratch, i * w.columns());
        for (int t = from; t < end; ) {
            int n = next(end - t);
            try {
                CALL_DECODED.invokeExact(
                        functions[EmittedLoads.F32.ordinal()][n - 1].entry(),
                        MemorySegment.ofArray(scratch),
                        MemorySegment.ofArray(x),
                        bytes(t, w.columns(), 0),
                        MemorySegment.ofArray(y),
                        bytes(t, w.rows(), r),
                        (long) w.columns(),
                        bytes(1, w.rows(), 0));
            } catch (Throwable e) {
                throw impossible(e);
            }
            t += n;
        }
    }

    /// Of this many tokens that are left, those of the next tile: no tile is much smaller than the
    /// others, and none a single token, whose kernel takes other rows.
    private int next(int left) {
        return left <= tile ? left : left < 2 * tile ? (left + 1) / 2 : tile;
    }

    /// From the start of an array to an element of `[.., width]`.
    private static long bytes(int row, int width, int column) {
        return Float.BYTES * ((long) row * width + column);
    }

    private static void scale(Matrix w, int from, int to, int tokens, float[] y) {
        for (int t = 0; t < tokens; t++)
            for (int r = from; r < to; r++) y[t * w.rows() + r] *= w.scales()[r];
    }

    /// Machine code throws nothing; the handle has to say that it might.
    static IllegalStateException impossible(Throwable e) {
        if (e instanceof Error error) throw error;
        return new IllegalStateException(e);
    }

    /// Everything that may be called.
    List<LazyFunction> functions() {
        return Arrays.stream(functions).flatMap(Arrays::stream).toList();
    }
}

package chuan.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Weights in rows times activations, by [RowsKernel]. Plain weights are widened on their way
/// through the registers; blocks are decoded by others, a few rows at a time, into the cache, where
/// they meet one tile of tokens after the other.
///
/// Activations and results stay in their Java arrays: the calls are critical ones, during which the
/// garbage collector waits. None lasts longer than four rows take to be read, some microseconds, up
/// to twenty for the widest rows straight from memory.
final class EmittedRows {
    /// Floats of activations that stay in a core's second-level cache while rows pass by.
    private static final int CACHED_FLOATS = 128 * 1024;

    private final Kernels others;
    private final int bits;

    /// Tokens of a tile, at most.
    private final int tile;

    /// By format of the weights and tokens, from 1 on.
    private final CheckedFunction[][] functions;

    /// For many tokens; null where registers are too narrow for it.
    private final @Nullable EmittedWideRows wide;

    /// With narrower registers, if these cannot be used; null if there are none.
    private final @Nullable EmittedRows narrower;

    /// @param others for what is not emitted: odd numbers of columns, the last rows
    /// @param bits of a register: 256 or 512
    EmittedRows(Kernels others, int bits) {
        this.others = others;
        this.bits = bits;
        tile = bits == 512 ? 6 : 3;
        functions = new CheckedFunction[EmittedLoads.values().length][tile];
        narrower = bits > 256 ? new EmittedRows(others, 256) : null;
        var family =
                new CodeFamily(
                        "rows of weights, " + bits + " bits",
                        narrower == null ? others.name() + " kernels" : "256 bits");
        wide = bits == 512 ? new EmittedWideRows(family) : null;
        for (var loads : EmittedLoads.values())
            for (int t = 1; t <= tile; t++) {
                var kernel = new RowsKernel(loads, bits, rows(bits, t), t);
                functions[loads.ordinal()][t - 1] =
                        new CheckedFunction(
                                kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
            }
    }

    /// Whether this many tokens can be taken.
    private boolean works(@Nullable EmittedLoads loads, int tokens) {
        var ofFormat = functions[(loads == null ? EmittedLoads.F32 : loads).ordinal()];
        for (int t = 0; t < Math.min(tokens, tile); t++) if (!ofFormat[t].works()) return false;
        return true;
    }

    /// Rows that a call takes.
    private static int rows(int bits, int tokens) {
        return bits == 512 || tokens == 1 ? 4 : 2;
    }

    /// Four rows, decoded, from a multiple of a cache line on.
    static int scratchFloats(int columns) {
        return Math.addExact(Math.multiplyExact(4, columns), Kernels.LANES);
    }

    /// As [Kernels#arranges] has it.
    boolean arranges(Matrix w, int tokens) {
        var loads = loads(w.format());
        return wide != null && loads != null && wide.arranges(w, loads, tokens);
    }

    /// Who takes many tokens, if [#arranges] said so.
    EmittedWideRows wide() {
        return Objects.requireNonNull(wide);
    }

    /// As [Kernels#matmul] has it.
    void matmul(Matrix w, int from, int to, TiledRows x, float[] y, float[] scratch) {
        wide().matmul(w, Objects.requireNonNull(loads(w.format())), from, to, x, y, scratch);
    }

    /// As [Kernels#matmul] has it.
    void matmul(Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        if (w.format().isPanels() || w.columns() % Kernels.LANES != 0) {
            others.matmul(w, from, to, x, tokens, y, scratch);
            return;
        }
        var loads = loads(w.format());
        if (works(loads, tokens)) inBlocks(w, loads, from, to, x, tokens, y, scratch);
        else if (narrower == null) others.matmul(w, from, to, x, tokens, y, scratch);
        else narrower.matmul(w, from, to, x, tokens, y, scratch);
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
            EmittedCalls.rows(
                    functions[loads.ordinal()][n - 1].entry(),
                    weights,
                    x,
                    bytes(t, w.columns(), 0),
                    y,
                    bytes(t, w.rows(), r),
                    w.columns(),
                    bytes(1, w.rows(), 0));
            t += n;
        }
    }

    private void decoded(
            Matrix w, int r, int rows, float[] x, int from, int end, float[] y, float[] scratch) {
        for (int i = 0; i < rows; i++) others.widen(w, r + i, scratch, i * w.columns());
        for (int t = from; t < end; ) {
            int n = next(end - t);
            EmittedCalls.arrays(
                    functions[EmittedLoads.F32.ordinal()][n - 1].entry(),
                    scratch,
                    x,
                    bytes(t, w.columns(), 0),
                    y,
                    bytes(t, w.rows(), r),
                    w.columns(),
                    bytes(1, w.rows(), 0));
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

    /// Products with int8 codes get the scales of their rows.
    static void scale(Matrix w, int from, int to, int tokens, float[] y) {
        for (int t = 0; t < tokens; t++)
            for (int r = from; r < to; r++) y[t * w.rows() + r] *= w.scales()[r];
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var few = Arrays.stream(functions).flatMap(Arrays::stream);
        return Stream.concat(few, wide == null ? Stream.of() : wide.functions().stream()).toList();
    }
}

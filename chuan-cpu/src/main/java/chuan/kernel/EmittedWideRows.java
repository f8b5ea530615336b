package chuan.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// Narrow weights in rows times many tokens, by [WideRowsKernel]: what a step of many sequences
/// meets in a small model. Widening four rows costs as much as two tokens of them, folding sixteen
/// sums as much as three columns of them: so four rows are widened once for all tokens, and sixteen
/// sums are folded together.
///
/// With wide rows the four no longer stay in a core's first-level cache; there [EmittedRows], which
/// widens on the way through the registers, is faster.
final class EmittedWideRows {
    /// Tokens of a tile, at most and at least.
    private static final int MOST = 6;

    private static final int LEAST = 3;

    /// Four rows of fp32 and a tile of activations of so many columns are 40 kilobytes.
    private static final int MOST_COLUMNS = 1024;

    /// Floats of activations that stay in a core's second-level cache while rows pass by.
    private static final int CACHED_FLOATS = 128 * 1024;

    /// Multiply-adds of a call, about; the garbage collector waits for five microseconds.
    private static final long CALL = 400_000;

    /// By format of the weights and tokens of a tile.
    private final CheckedFunction[][] functions =
            new CheckedFunction[EmittedLoads.values().length][MOST + 1];

    private final CheckedFunction arrange;

    /// @param family of the functions that widen on their way
    EmittedWideRows(CodeFamily family) {
        var arranging = new ArrangeKernel();
        arrange =
                new CheckedFunction(
                        arranging, family, entry -> FunctionChecks.isRight(arranging, entry));
        for (var loads : EmittedLoads.values())
            for (int t = LEAST; t <= MOST; t++) {
                var kernel = new WideRowsKernel(loads, t);
                functions[loads.ordinal()][t] =
                        new CheckedFunction(
                                kernel, family, entry -> FunctionChecks.isRight(kernel, entry));
            }
    }

    /// As [Kernels#arranges] has it.
    ///
    /// @param loads of the matrix
    boolean arranges(Matrix w, EmittedLoads loads, int tokens) {
        if (tokens <= MOST
                || w.columns() > MOST_COLUMNS
                || w.columns() % Kernels.LANES != 0
                || w.rows() % WideRowsKernel.ROWS != 0
                || !arrange.works()) return false;
        for (int t = LEAST; t <= MOST; t++)
            if (!functions[loads.ordinal()][t].works()) return false;
        return true;
    }

    void prepare(int tokens, int columns, TiledRows out) {
        out.shape(tokens, columns, MOST);
    }

    void arrange(float[] x, int from, int to, TiledRows out) {
        int columns = out.columns();
        for (int t = from; t < to; t++) {
            int tile = out.tileOf(t);
            long sixteen = (long) Kernels.LANES * Float.BYTES;
            EmittedCalls.rows(
                    arrange.entry(),
                    out.tile(tile) + sixteen * (t - out.first(tile)),
                    x,
                    (long) Float.BYTES * t * columns,
                    x,
                    0,
                    columns / Kernels.LANES,
                    sixteen * out.size(tile));
        }
    }

    /// Rows `[from, to)`, a multiple of four of them, as many tokens at a time as the cache holds.
    void matmul(
            Matrix w,
            EmittedLoads loads,
            int from,
            int to,
            TiledRows x,
            float[] y,
            float[] scratch) {
        int together = Math.max(1, CACHED_FLOATS / w.columns() / x.size());
        int blocks = Math.ceilDiv(x.tiles(), together);
        for (int i = 0; i < blocks; i++) {
            int first = (int) ((long) x.tiles() * i / blocks);
            int end = (int) ((long) x.tiles() * (i + 1) / blocks);
            multiply(w, loads, from, to, x, first, end, y, scratch);
        }
        if (w.format() == WeightFormat.INT8) EmittedRows.scale(w, from, to, x.tokens(), y);
    }

    private void multiply(
            Matrix w,
            EmittedLoads loads,
            int from,
            int to,
            TiledRows x,
            int firstTile,
            int endTile,
            float[] y,
            float[] scratch) {
        int size = x.size(firstTile);
        int larger = Math.clamp(x.larger() - firstTile, 0, endTile - firstTile);
        int tiles = larger > 0 ? larger : endTile - firstTile;
        var entry = functions[loads.ordinal()][size].entry();
        int token = x.first(firstTile);
        long work = (long) WideRowsKernel.ROWS * w.columns() * (x.first(endTile) - token);
        int most = (int) Math.max(1, CALL / work) * WideRowsKernel.ROWS;
        for (int r = from; r < to; r += most)
            EmittedCalls.wideRows(
                    entry,
                    w.address(r),
                    x.tile(firstTile),
                    scratch,
                    y,
                    Float.BYTES * ((long) token * w.rows() + r),
                    w.columns(),
                    (long) Float.BYTES * w.rows(),
                    Math.min(most, to - r) / WideRowsKernel.ROWS,
                    tiles,
                    endTile - firstTile - tiles);
    }

    /// Everything that may be called.
    List<CheckedFunction> functions() {
        var all = Arrays.stream(functions).flatMap(Arrays::stream).filter(Objects::nonNull);
        return Stream.concat(Stream.of(arrange), all).toList();
    }
}

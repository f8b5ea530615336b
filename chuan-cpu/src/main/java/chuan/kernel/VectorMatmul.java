package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import jdk.incubator.vector.FloatVector;

/// A weight times rows of activations. For a token or few, four weight rows at a time are widened
/// on the way through the registers: reading them is what takes the time. For many tokens, four
/// rows are widened once, into the cache, and then meet tiles of tokens.
///
/// Where a register is narrower than the 16 partial sums, a loop runs once per group of lanes; the
/// second run finds its data in the cache.
final class VectorMatmul {
    private static final int ROWS = 4;

    /// Tokens of a tile: rows x tokens accumulators, as many as the registers hold.
    private static final int TILE = LENGTH == LANES ? 4 : 2;

    /// Fewer tokens than this meet the weights one by one.
    private static final int FEW = 4;

    /// Floats of activations that stay in a core's second-level cache while rows pass by.
    private static final int CACHED_FLOATS = 128 * 1024;

    private VectorMatmul() {}

    /// Partial sums, then four widened rows.
    static int scratchFloats(int columns) {
        int rows = Math.addExact(ROWS * TILE * LANES, Math.multiplyExact(ROWS, columns));
        return Math.max(rows, VectorPanels.SCRATCH_FLOATS);
    }

    static void matmul(
            Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        if (w.format().panels() != null) {
            VectorPanels.matmul(w, from, to, x, null, tokens, y, scratch);
            return;
        }
        if (tokens < FEW && w.format().isPlain()) {
            for (int t = 0; t < tokens; t++)
                for (int r = from; r < to; r += ROWS) fewRows(w, r, to, x, t, y, scratch);
            return;
        }
        int block = Math.max(2 * TILE, CACHED_FLOATS / w.columns() / TILE * TILE);
        for (int t = 0; t < tokens; t += block) {
            int end = Math.min(tokens, t + block);
            for (int r = from; r < to; r += ROWS) manyTokens(w, r, to, x, t, end, y, scratch);
        }
    }

    /// Rows `r .. r+3` (as far as `to`) times one token.
    private static void fewRows(
            Matrix w, int r, int to, float[] x, int t, float[] y, float[] sums) {
        long w0 = w.address(r);
        long w1 = w.address(Math.min(r + 1, to - 1));
        long w2 = w.address(Math.min(r + 2, to - 1));
        long w3 = w.address(Math.min(r + 3, to - 1));
        int columns = w.columns();
        int at = t * columns;
        boolean inRegisters = w.format() != WeightFormat.INT8 || Registers.HAS_INT8;
        int whole = inRegisters ? wholeLanes(columns) : 0;
        switch (w.format()) {
            case F32 -> dotsF32(w0, w1, w2, w3, whole, x, at, sums);
            case BF16 -> dotsBf16(w0, w1, w2, w3, whole, x, at, sums);
            case F16 -> dotsF16(w0, w1, w2, w3, whole, x, at, sums);
            case INT8 -> dotsInt8(w0, w1, w2, w3, whole, x, at, sums);
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                    throw new IllegalStateException(w.format() + " is decoded before it is summed");
        }
        for (int k = whole; k < columns; k++) {
            long offset = (long) k * w.format().bytes();
            int lane = k % LANES;
            addTail(sums, lane, x[at + k], Memory.element(w.format(), w0 + offset));
            addTail(sums, lane + LANES, x[at + k], Memory.element(w.format(), w1 + offset));
            addTail(sums, lane + 2 * LANES, x[at + k], Memory.element(w.format(), w2 + offset));
            addTail(sums, lane + 3 * LANES, x[at + k], Memory.element(w.format(), w3 + offset));
        }
        foldAll(sums, ROWS);
        finish(w, r, Math.min(to, r + ROWS), sums, 0, y, t);
    }

    private static void addTail(float[] sums, int at, float x, float w) {
        sums[at] = Math.fma(x, w, sums[at]);
    }

    /// Rows `r .. r+3` (as far as `to`) times tokens `[from, end)`.
    private static void manyTokens(
            Matrix w, int r, int to, float[] x, int from, int end, float[] y, float[] scratch) {
        int columns = w.columns();
        int rows = Math.min(to, r + ROWS) - r;
        int wide = ROWS * TILE * LANES;
        for (int i = 0; i < rows; i++) widen(w, r + i, scratch, wide + i * columns);
        int w1 = wide + Math.min(1, rows - 1) * columns;
        int w2 = wide + Math.min(2, rows - 1) * columns;
        int w3 = wide + Math.min(3, rows - 1) * columns;
        for (int t = from; t < end; t += TILE) {
            int tile = Math.min(TILE, end - t);
            if (tile < TILE) {
                for (int j = 0; j < tile; j++)
                    tile1(scratch, wide, w1, w2, w3, columns, x, (t + j) * columns, j);
            } else if (TILE == 4) {
                tile4(scratch, wide, w1, w2, w3, columns, x, t * columns);
            } else {
                tile2(scratch, wide, w1, w2, w3, columns, x, t * columns);
            }
            for (int k = wholeLanes(columns); k < columns; k++)
                for (int j = 0; j < tile; j++) {
                    float v = x[(t + j) * columns + k];
                    int lane = j * ROWS * LANES + k % LANES;
                    addTail(scratch, lane, v, scratch[wide + k]);
                    addTail(scratch, lane + LANES, v, scratch[w1 + k]);
                    addTail(scratch, lane + 2 * LANES, v, scratch[w2 + k]);
                    addTail(scratch, lane + 3 * LANES, v, scratch[w3 + k]);
                }
            foldAll(scratch, tile * ROWS);
            for (int j = 0; j < tile; j++) finish(w, r, r + rows, scratch, j * ROWS, y, t + j);
        }
    }

    /// Writes the totals of rows `[r, end)` of one token, which begin at group `group` of the sums.
    private static void finish(
            Matrix w, int r, int end, float[] sums, int group, float[] y, int t) {
        int at = t * w.rows();
        float[] scales = w.scales();
        for (int i = r; i < end; i++) {
            float sum = sums[(group + i - r) * LANES];
            y[at + i] = scales.length == 0 ? sum : sum * scales[i];
        }
    }

    /// Folds `groups` groups of partial sums; the totals end at the first place of each group.
    /// Needs a register's room behind the last. Where a register holds more than is left of a
    /// group, its further lanes hold what nobody reads again.
    ///
    /// Registers of one width only: with narrower ones beside them, the compiler now and then took
    /// the width for a variable, and boxed the sums for the rest of the process.
    private static void foldAll(float[] sums, int groups) {
        for (int half = LANES / 2; half > 1; half /= 2)
            for (int at = 0; at < groups * LANES; at += LANES)
                for (int lane = 0; lane < half; lane += LENGTH) addHalf(sums, at + lane, half);
        for (int at = 0; at < groups * LANES; at += LANES) sums[at] += sums[at + 1];
    }

    private static void addHalf(float[] sums, int at, int half) {
        FloatVector.fromArray(F, sums, at)
                .add(FloatVector.fromArray(F, sums, at + half))
                .intoArray(sums, at);
    }

    private static int wholeLanes(int n) {
        return n & -LANES;
    }

    // Partial sums of rows at addresses w0 .. w3 over the first `whole` columns, times x from `at`
    // on.

    private static void dotsF32(
            long w0, long w1, long w2, long w3, int whole, float[] x, int at, float[] sums) {
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 4L * k;
                a0 = Registers.f32(w0 + offset).fma(v, a0);
                a1 = Registers.f32(w1 + offset).fma(v, a1);
                a2 = Registers.f32(w2 + offset).fma(v, a2);
                a3 = Registers.f32(w3 + offset).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsBf16(
            long w0, long w1, long w2, long w3, int whole, float[] x, int at, float[] sums) {
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 2L * k;
                a0 = Registers.bf16(w0 + offset).fma(v, a0);
                a1 = Registers.bf16(w1 + offset).fma(v, a1);
                a2 = Registers.bf16(w2 + offset).fma(v, a2);
                a3 = Registers.bf16(w3 + offset).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsF16(
            long w0, long w1, long w2, long w3, int whole, float[] x, int at, float[] sums) {
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                long offset = 2L * k;
                a0 = Registers.f16(w0 + offset).fma(v, a0);
                a1 = Registers.f16(w1 + offset).fma(v, a1);
                a2 = Registers.f16(w2 + offset).fma(v, a2);
                a3 = Registers.f16(w3 + offset).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    private static void dotsInt8(
            long w0, long w1, long w2, long w3, int whole, float[] x, int at, float[] sums) {
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = FloatVector.zero(F);
            var a2 = FloatVector.zero(F);
            var a3 = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                a0 = Registers.int8(w0 + k).fma(v, a0);
                a1 = Registers.int8(w1 + k).fma(v, a1);
                a2 = Registers.int8(w2 + k).fma(v, a2);
                a3 = Registers.int8(w3 + k).fma(v, a3);
            }
            a0.intoArray(sums, lane);
            a1.intoArray(sums, lane + LANES);
            a2.intoArray(sums, lane + 2 * LANES);
            a3.intoArray(sums, lane + 3 * LANES);
        }
    }

    /// Four widened rows, which begin at `w0 .. w3` of `scratch`, times four tokens from `at` on.
    /// Sums of token `j` and row `i` go to group `4 j + i` of `scratch`.
    private static void tile4(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at) {
        int whole = wholeLanes(n);
        int x1 = at + n;
        int x2 = x1 + n;
        int x3 = x2 + n;
        var a00 = FloatVector.zero(F);
        var a01 = a00;
        var a02 = a00;
        var a03 = a00;
        var a10 = a00;
        var a11 = a00;
        var a12 = a00;
        var a13 = a00;
        var a20 = a00;
        var a21 = a00;
        var a22 = a00;
        var a23 = a00;
        var a30 = a00;
        var a31 = a00;
        var a32 = a00;
        var a33 = a00;
        for (int k = 0; k < whole; k += LANES) {
            var v0 = FloatVector.fromArray(F, x, at + k);
            var v1 = FloatVector.fromArray(F, x, x1 + k);
            var v2 = FloatVector.fromArray(F, x, x2 + k);
            var v3 = FloatVector.fromArray(F, x, x3 + k);
            var w = FloatVector.fromArray(F, scratch, w0 + k);
            a00 = w.fma(v0, a00);
            a10 = w.fma(v1, a10);
            a20 = w.fma(v2, a20);
            a30 = w.fma(v3, a30);
            w = FloatVector.fromArray(F, scratch, w1 + k);
            a01 = w.fma(v0, a01);
            a11 = w.fma(v1, a11);
            a21 = w.fma(v2, a21);
            a31 = w.fma(v3, a31);
            w = FloatVector.fromArray(F, scratch, w2 + k);
            a02 = w.fma(v0, a02);
            a12 = w.fma(v1, a12);
            a22 = w.fma(v2, a22);
            a32 = w.fma(v3, a32);
            w = FloatVector.fromArray(F, scratch, w3 + k);
            a03 = w.fma(v0, a03);
            a13 = w.fma(v1, a13);
            a23 = w.fma(v2, a23);
            a33 = w.fma(v3, a33);
        }
        a00.intoArray(scratch, 0);
        a01.intoArray(scratch, LANES);
        a02.intoArray(scratch, 2 * LANES);
        a03.intoArray(scratch, 3 * LANES);
        a10.intoArray(scratch, 4 * LANES);
        a11.intoArray(scratch, 5 * LANES);
        a12.intoArray(scratch, 6 * LANES);
        a13.intoArray(scratch, 7 * LANES);
        a20.intoArray(scratch, 8 * LANES);
        a21.intoArray(scratch, 9 * LANES);
        a22.intoArray(scratch, 10 * LANES);
        a23.intoArray(scratch, 11 * LANES);
        a30.intoArray(scratch, 12 * LANES);
        a31.intoArray(scratch, 13 * LANES);
        a32.intoArray(scratch, 14 * LANES);
        a33.intoArray(scratch, 15 * LANES);
    }

    /// The same for two tokens: what sixteen narrow registers hold.
    private static void tile2(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at) {
        int whole = wholeLanes(n);
        int x1 = at + n;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a00 = FloatVector.zero(F);
            var a01 = a00;
            var a02 = a00;
            var a03 = a00;
            var a10 = a00;
            var a11 = a00;
            var a12 = a00;
            var a13 = a00;
            for (int k = lane; k < whole; k += LANES) {
                var v0 = FloatVector.fromArray(F, x, at + k);
                var v1 = FloatVector.fromArray(F, x, x1 + k);
                var w = FloatVector.fromArray(F, scratch, w0 + k);
                a00 = w.fma(v0, a00);
                a10 = w.fma(v1, a10);
                w = FloatVector.fromArray(F, scratch, w1 + k);
                a01 = w.fma(v0, a01);
                a11 = w.fma(v1, a11);
                w = FloatVector.fromArray(F, scratch, w2 + k);
                a02 = w.fma(v0, a02);
                a12 = w.fma(v1, a12);
                w = FloatVector.fromArray(F, scratch, w3 + k);
                a03 = w.fma(v0, a03);
                a13 = w.fma(v1, a13);
            }
            a00.intoArray(scratch, lane);
            a01.intoArray(scratch, lane + LANES);
            a02.intoArray(scratch, lane + 2 * LANES);
            a03.intoArray(scratch, lane + 3 * LANES);
            a10.intoArray(scratch, lane + 4 * LANES);
            a11.intoArray(scratch, lane + 5 * LANES);
            a12.intoArray(scratch, lane + 6 * LANES);
            a13.intoArray(scratch, lane + 7 * LANES);
        }
    }

    /// The same for one token, the `j`th of its tile.
    private static void tile1(
            float[] scratch, int w0, int w1, int w2, int w3, int n, float[] x, int at, int j) {
        int whole = wholeLanes(n);
        int group = j * ROWS * LANES;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                a0 = FloatVector.fromArray(F, scratch, w0 + k).fma(v, a0);
                a1 = FloatVector.fromArray(F, scratch, w1 + k).fma(v, a1);
                a2 = FloatVector.fromArray(F, scratch, w2 + k).fma(v, a2);
                a3 = FloatVector.fromArray(F, scratch, w3 + k).fma(v, a3);
            }
            a0.intoArray(scratch, group + lane);
            a1.intoArray(scratch, group + lane + LANES);
            a2.intoArray(scratch, group + lane + 2 * LANES);
            a3.intoArray(scratch, group + lane + 3 * LANES);
        }
    }

    static void widen(Matrix w, int row, float[] out, int at) {
        if (!w.format().isPlain()) {
            VectorBlocks.widen(w, row, out, at);
            return;
        }
        int n = w.columns();
        boolean inRegisters = w.format() != WeightFormat.INT8 || Registers.HAS_INT8;
        int whole = inRegisters ? n & -LENGTH : 0;
        long from = w.address(row);
        switch (w.format()) {
            case F32 -> {
                for (int k = 0; k < whole; k += LENGTH)
                    Registers.f32(from + 4L * k).intoArray(out, at + k);
            }
            case BF16 -> {
                for (int k = 0; k < whole; k += LENGTH)
                    Registers.bf16(from + 2L * k).intoArray(out, at + k);
            }
            case F16 -> {
                for (int k = 0; k < whole; k += LENGTH)
                    Registers.f16(from + 2L * k).intoArray(out, at + k);
            }
            case INT8 -> {
                for (int k = 0; k < whole; k += LENGTH)
                    Registers.int8(from + k).intoArray(out, at + k);
            }
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                    throw new IllegalStateException("no plain format: " + w.format());
        }
        for (int k = whole; k < n; k++)
            out[at + k] = Memory.element(w.format(), from + (long) k * w.format().bytes());
    }
}

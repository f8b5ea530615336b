package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Kernels.PAGE;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// A tile of queries against a page: keys and values are widened to fp32 once, into the cache, and
/// then four queries at a time meet two registers of them. Also the softmax of a page.
final class VectorTiles {
    private static final int ROWS = 4;

    /// 0, 1, 2, ...
    private static final FloatVector PLACES = FloatVector.zero(F).addIndex(1);

    private VectorTiles() {}

    static void scores(
            long q,
            int queries,
            KvFormat format,
            long keys,
            long scales,
            int dim,
            int n,
            long out,
            long scratch) {
        int registers = Math.ceilDiv(n, LANES) * LANES / LENGTH;
        long wide = widened(format, keys, registers * LENGTH * dim, scratch);
        for (int i = 0; i < queries; i++) clear(out + 4L * PAGE * i, registers);
        for (int v = 0; v < registers; v += 2) {
            int second = Math.min(v + 1, registers - 1);
            multiplyAdd(
                    q,
                    dim,
                    queries,
                    dim,
                    wide + VectorAttention.keyOffset(v, dim, KvFormat.F32),
                    wide + VectorAttention.keyOffset(second, dim, KvFormat.F32),
                    LANES,
                    out + 4L * LENGTH * v,
                    4L * LENGTH * (second - v),
                    PAGE);
        }
        if (format == KvFormat.INT8)
            for (int i = 0; i < queries; i++)
                VectorAttention.timesScales(out + 4L * PAGE * i, n, scales);
    }

    private static void clear(long x, int registers) {
        for (int v = 0; v < registers; v++) Registers.put(FloatVector.zero(F), x + 4L * LENGTH * v);
    }

    /// int8 with weights that hold the scales already.
    static void addWeighted(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            int dim,
            long out,
            long scratch) {
        long wide = widened(format, values, n * dim, scratch);
        int i = 0;
        for (; i <= dim - LENGTH; i += 2 * LENGTH) {
            // the last one alone, where their number is odd
            long second = i <= dim - 2 * LENGTH ? 4L * LENGTH : 0;
            long from = wide + 4L * i;
            long to = out + 4L * i;
            multiplyAdd(weights, PAGE, queries, n, from, from + second, dim, to, second, dim);
        }
        int whole = dim / LENGTH * LENGTH;
        ScalarAttention.addColumns(weights, queries, n, format, values, dim, whole, out);
    }

    /// The elements of a run in fp32: where they are, or in `scratch`.
    private static long widened(KvFormat format, long run, int elements, long scratch) {
        int whole = elements / LENGTH * LENGTH;
        switch (format) {
            case F32 -> {
                return run;
            }
            case F16 -> widenF16(run, whole, scratch);
            case INT8 -> {
                widenInt8(run, elements, scratch);
                return scratch;
            }
        }
        for (int i = whole; i < elements; i++) Memory.putF32(scratch, i, format.element(run, i));
        return scratch;
    }

    private static void widenF16(long run, int n, long out) {
        for (int i = 0; i < n; i += LENGTH)
            Registers.put(Registers.f16(run + 2L * i), out + 4L * i);
    }

    /// Plain code: in this loop the compiler is apt to make objects of registers of bytes.
    private static void widenInt8(long run, int n, long out) {
        for (int i = 0; i < n; i++) Memory.putF32(out, i, Memory.code(run + i));
    }

    /// `C += A B` for two registers of columns.
    ///
    /// @param a `[rows, k]`, a row takes `aStride` floats
    /// @param b0 the first register of columns of B, whose rows take `bStride` floats
    /// @param b1 the second
    /// @param c the first register of columns of C, whose rows take `cStride` floats
    /// @param second bytes from there to the second, 0 if both are the same
    private static void multiplyAdd(
            long a,
            int aStride,
            int rows,
            int k,
            long b0,
            long b1,
            int bStride,
            long c,
            long second,
            int cStride) {
        for (int r = 0; r < rows; r += ROWS) {
            // the last group repeats its last row where it has fewer than four
            int r1 = Math.min(r + 1, rows - 1);
            int r2 = Math.min(r + 2, rows - 1);
            int r3 = Math.min(r + 3, rows - 1);
            fourByTwo(
                    a + 4L * aStride * r,
                    a + 4L * aStride * r1,
                    a + 4L * aStride * r2,
                    a + 4L * aStride * r3,
                    k,
                    b0,
                    b1,
                    4L * bStride,
                    c + 4L * cStride * r,
                    c + 4L * cStride * r1,
                    c + 4L * cStride * r2,
                    c + 4L * cStride * r3,
                    second);
        }
    }

    private static void fourByTwo(
            long a0,
            long a1,
            long a2,
            long a3,
            int k,
            long b0,
            long b1,
            long bStep,
            long c0,
            long c1,
            long c2,
            long c3,
            long second) {
        var s00 = Registers.f32(c0);
        var s01 = Registers.f32(c0 + second);
        var s10 = Registers.f32(c1);
        var s11 = Registers.f32(c1 + second);
        var s20 = Registers.f32(c2);
        var s21 = Registers.f32(c2 + second);
        var s30 = Registers.f32(c3);
        var s31 = Registers.f32(c3 + second);
        for (int i = 0; i < k; i++) {
            long offset = i * bStep;
            var x = Registers.f32(b0 + offset);
            var y = Registers.f32(b1 + offset);
            var w0 = Registers.all(a0 + 4L * i);
            s00 = w0.fma(x, s00);
            s01 = w0.fma(y, s01);
            var w1 = Registers.all(a1 + 4L * i);
            s10 = w1.fma(x, s10);
            s11 = w1.fma(y, s11);
            var w2 = Registers.all(a2 + 4L * i);
            s20 = w2.fma(x, s20);
            s21 = w2.fma(y, s21);
            var w3 = Registers.all(a3 + 4L * i);
            s30 = w3.fma(x, s30);
            s31 = w3.fma(y, s31);
        }
        Registers.put(s00, c0);
        Registers.put(s01, c0 + second);
        Registers.put(s10, c1);
        Registers.put(s11, c1 + second);
        Registers.put(s20, c2);
        Registers.put(s21, c2 + second);
        Registers.put(s30, c3);
        Registers.put(s31, c3 + second);
    }

    static float softmaxPage(
            long scores,
            int n,
            float scale,
            float slope,
            int last,
            float[] state,
            int at,
            float[] sums) {
        int whole = n & -LANES;
        float before = state[at];
        float max = bias(scores, whole, scale, slope, last, before, sums);
        max = ScalarAttention.bias(scores, whole, n, scale, slope, last, max);
        float factor = ScalarAttention.factor(before, max);
        for (int lane = 0; lane < LANES; lane += LENGTH)
            exponentials(scores, lane, whole, max, sums);
        ScalarAttention.exponentials(scores, whole, n, max, sums);
        state[at] = max;
        state[at + 1] = state[at + 1] * factor + Kernels.fold(sums, 0);
        return factor;
    }

    /// Makes true scores of `n` dot products, a multiple of a register.
    ///
    /// @return the largest, or `most` if that is larger
    private static float bias(
            long scores, int n, float scale, float slope, int last, float most, float[] scratch) {
        var max = FloatVector.broadcast(F, most);
        var scales = FloatVector.broadcast(F, scale);
        for (int t = 0; t < n; t += LENGTH) {
            long address = scores + 4L * t;
            // whole numbers below 2^24: exact
            var bias = PLACES.add(t - last).mul(slope);
            var x = Registers.f32(address).fma(scales, bias);
            Registers.put(x, address);
            max = max.blend(x, x.compare(VectorOperators.GT, max));
        }
        max.intoArray(scratch, 0);
        for (int half = LENGTH / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++) scratch[i] = Math.max(scratch[i], scratch[i + half]);
        return scratch[0];
    }

    /// Weights of the registers that begin at `lane` of each sixteen, and their partial sums.
    private static void exponentials(long scores, int lane, int n, float max, float[] sums) {
        var sum = FloatVector.zero(F);
        for (int t = lane; t < n; t += LANES) {
            long address = scores + 4L * t;
            var e = VectorExponential.weight(Registers.f32(address).sub(max));
            Registers.put(e, address);
            sum = sum.add(e);
        }
        sum.intoArray(sums, lane);
    }
}

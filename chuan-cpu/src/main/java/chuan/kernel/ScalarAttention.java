package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Kernels.PAGE;

import java.util.Arrays;

/// The truth about attention: plain loops over one page.
final class ScalarAttention {
    private ScalarAttention() {}

    static void scoresTile(
            long q,
            int queries,
            KvFormat format,
            long keys,
            long scales,
            int dim,
            int n,
            long out) {
        for (int i = 0; i < queries; i++)
            for (int t = 0; t < n; t++) {
                long key = (long) t / LANES * LANES * dim + t % LANES;
                float sum = 0;
                for (int j = 0; j < dim; j++)
                    sum =
                            Math.fma(
                                    Memory.f32(q, (long) i * dim + j),
                                    format.element(keys, key + (long) j * LANES),
                                    sum);
                if (format == KvFormat.INT8) sum *= KvFormat.scale(scales, t);
                Memory.putF32(out, i * PAGE + t, sum);
            }
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
        float max = bias(scores, 0, n, scale, slope, last, state[at]);
        float factor = factor(state[at], max);
        Arrays.fill(sums, 0, LANES, 0);
        exponentials(scores, 0, n, max, sums);
        state[at] = max;
        state[at + 1] = state[at + 1] * factor + Kernels.fold(sums, 0);
        return factor;
    }

    /// Makes true scores of the dot products `[from, n)`.
    ///
    /// @return the largest, or `most` if that is larger
    static float bias(
            long scores, int from, int n, float scale, float slope, int last, float most) {
        float max = most;
        for (int t = from; t < n; t++) {
            float x = Math.fma(Memory.f32(scores, t), scale, slope * (t - last));
            Memory.putF32(scores, t, x);
            max = Math.max(max, x);
        }
        return max;
    }

    /// By how much everything shrinks when the largest score grows.
    static float factor(float before, float max) {
        return before == max ? 1 : weight(before - max);
    }

    private static float weight(float below) {
        return below < Kernels.LOWEST ? 0 : Exponential.exp(below);
    }

    /// Replaces the scores `[from, n)` by their weights and adds these to the partial sums.
    static void exponentials(long scores, int from, int n, float max, float[] sums) {
        for (int t = from; t < n; t++) {
            float e = weight(Memory.f32(scores, t) - max);
            Memory.putF32(scores, t, e);
            sums[t % LANES] += e;
        }
    }

    static void multiply(long x, int from, int n, float factor) {
        for (int i = from; i < n; i++) Memory.putF32(x, i, Memory.f32(x, i) * factor);
    }

    static void addWeightedTile(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            long scales,
            int dim,
            long out) {
        timesScales(weights, queries, n, format, scales);
        addColumns(weights, queries, n, format, values, dim, 0, out);
    }

    /// For int8, moves the scales of the values into the weights.
    static void timesScales(long weights, int queries, int n, KvFormat format, long scales) {
        if (format != KvFormat.INT8) return;
        for (int i = 0; i < queries; i++)
            for (int t = 0; t < n; t++) {
                int index = i * PAGE + t;
                Memory.putF32(
                        weights, index, Memory.f32(weights, index) * KvFormat.scale(scales, t));
            }
    }

    /// Elements `[from, dim)` of the values; int8 with weights that hold the scales already.
    static void addColumns(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            int dim,
            int from,
            long out) {
        for (int i = 0; i < queries; i++)
            for (int j = from; j < dim; j++) {
                long place = (long) i * dim + j;
                float sum = Memory.f32(out, place);
                for (int t = 0; t < n; t++)
                    sum =
                            Math.fma(
                                    Memory.f32(weights, i * PAGE + t),
                                    format.element(values, (long) t * dim + j),
                                    sum);
                Memory.putF32(out, place, sum);
            }
    }
}

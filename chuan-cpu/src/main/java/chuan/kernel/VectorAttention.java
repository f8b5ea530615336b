package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// One query against the keys and values of a head: four registers of positions, or of a value's
/// elements, side by side; no sum crosses lanes.
final class VectorAttention {
    private VectorAttention() {}

    static void scores(
            float[] q,
            int qAt,
            float[] keys,
            int keysAt,
            int dim,
            int n,
            float scale,
            float slope,
            float[] out) {
        int vectors = (n + LENGTH - 1) / LENGTH;
        int v = 0;
        for (; v <= vectors - 4; v += 4) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            int k0 = keysAt + keyOffset(v, dim);
            int k1 = keysAt + keyOffset(v + 1, dim);
            int k2 = keysAt + keyOffset(v + 2, dim);
            int k3 = keysAt + keyOffset(v + 3, dim);
            for (int i = 0; i < dim; i++) {
                var element = FloatVector.broadcast(F, q[qAt + i]);
                int offset = i * LANES;
                a0 = element.fma(FloatVector.fromArray(F, keys, k0 + offset), a0);
                a1 = element.fma(FloatVector.fromArray(F, keys, k1 + offset), a1);
                a2 = element.fma(FloatVector.fromArray(F, keys, k2 + offset), a2);
                a3 = element.fma(FloatVector.fromArray(F, keys, k3 + offset), a3);
            }
            a0.intoArray(out, v * LENGTH);
            a1.intoArray(out, (v + 1) * LENGTH);
            a2.intoArray(out, (v + 2) * LENGTH);
            a3.intoArray(out, (v + 3) * LENGTH);
        }
        for (; v < vectors; v++) {
            var sum = FloatVector.zero(F);
            int key = keysAt + keyOffset(v, dim);
            for (int i = 0; i < dim; i++)
                sum =
                        FloatVector.broadcast(F, q[qAt + i])
                                .fma(FloatVector.fromArray(F, keys, key + i * LANES), sum);
            sum.intoArray(out, v * LENGTH);
        }
        for (int t = 0; t < n; t++) out[t] = Math.fma(out[t], scale, slope * (t - (n - 1)));
    }

    /// Where the keys of the `v`th register of positions begin.
    private static int keyOffset(int v, int dim) {
        int position = v * LENGTH;
        return position / LANES * LANES * dim + position % LANES;
    }

    static float exponentials(float[] x, int n, float[] scratch) {
        int whole = n & -LANES;
        float max = Float.NEGATIVE_INFINITY;
        if (whole > 0) {
            var most = FloatVector.broadcast(F, max);
            for (int i = 0; i < whole; i += LENGTH) {
                var v = FloatVector.fromArray(F, x, i);
                most = most.blend(v, v.compare(VectorOperators.GT, most));
            }
            most.intoArray(scratch, 0);
            for (int i = 0; i < LENGTH; i++) max = Math.max(max, scratch[i]);
        }
        for (int i = whole; i < n; i++) max = Math.max(max, x[i]);
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int i = lane; i < whole; i += LANES) {
                var e = VectorExponential.exp(FloatVector.fromArray(F, x, i).sub(max));
                e.intoArray(x, i);
                sum = sum.add(e);
            }
            sum.intoArray(scratch, lane);
        }
        for (int i = whole; i < n; i++) {
            x[i] = Exponential.exp(x[i] - max);
            scratch[i % LANES] += x[i];
        }
        return Kernels.fold(scratch, 0);
    }

    static void weightedSum(
            float[] weights,
            int n,
            float[] values,
            int valuesAt,
            int dim,
            float factor,
            float[] out,
            int outAt) {
        int i = 0;
        for (; i <= dim - 4 * LENGTH; i += 4 * LENGTH) {
            var a0 = FloatVector.zero(F);
            var a1 = a0;
            var a2 = a0;
            var a3 = a0;
            int at = valuesAt + i;
            for (int t = 0; t < n; t++) {
                var weight = FloatVector.broadcast(F, weights[t]);
                int value = at + t * dim;
                a0 = weight.fma(FloatVector.fromArray(F, values, value), a0);
                a1 = weight.fma(FloatVector.fromArray(F, values, value + LENGTH), a1);
                a2 = weight.fma(FloatVector.fromArray(F, values, value + 2 * LENGTH), a2);
                a3 = weight.fma(FloatVector.fromArray(F, values, value + 3 * LENGTH), a3);
            }
            a0.mul(factor).intoArray(out, outAt + i);
            a1.mul(factor).intoArray(out, outAt + i + LENGTH);
            a2.mul(factor).intoArray(out, outAt + i + 2 * LENGTH);
            a3.mul(factor).intoArray(out, outAt + i + 3 * LENGTH);
        }
        for (; i <= dim - LENGTH; i += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int t = 0; t < n; t++)
                sum =
                        FloatVector.broadcast(F, weights[t])
                                .fma(FloatVector.fromArray(F, values, valuesAt + t * dim + i), sum);
            sum.mul(factor).intoArray(out, outAt + i);
        }
        for (; i < dim; i++) {
            float sum = 0;
            for (int t = 0; t < n; t++)
                sum = Math.fma(weights[t], values[valuesAt + t * dim + i], sum);
            out[outAt + i] = sum * factor;
        }
    }
}

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
            KvFormat format,
            long keys,
            long scales,
            int dim,
            int n,
            float scale,
            float slope,
            int last,
            float[] out,
            int outAt) {
        int end = (n + LENGTH - 1) / LENGTH - 1;
        for (int v = 0; v <= end; v += 4) {
            // the last group repeats its last register where it has fewer than four
            int v1 = Math.min(v + 1, end);
            int v2 = Math.min(v + 2, end);
            int v3 = Math.min(v + 3, end);
            long k0 = keys + keyOffset(v, dim, format);
            long k1 = keys + keyOffset(v1, dim, format);
            long k2 = keys + keyOffset(v2, dim, format);
            long k3 = keys + keyOffset(v3, dim, format);
            int o0 = outAt + v * LENGTH;
            int o1 = outAt + v1 * LENGTH;
            int o2 = outAt + v2 * LENGTH;
            int o3 = outAt + v3 * LENGTH;
            switch (format) {
                case F32 -> dotsF32(q, qAt, k0, k1, k2, k3, dim, out, o0, o1, o2, o3);
                case F16 -> dotsF16(q, qAt, k0, k1, k2, k3, dim, out, o0, o1, o2, o3);
                case INT8 -> dotsInt8(q, qAt, k0, k1, k2, k3, dim, out, o0, o1, o2, o3);
            }
        }
        if (format == KvFormat.INT8) timesScales(out, outAt, n, scales);
        addBias(out, outAt, n, scale, slope, last);
    }

    /// Bytes from the start of a run to the keys of its `v`th register of positions.
    private static long keyOffset(int v, int dim, KvFormat format) {
        int position = v * LENGTH;
        return (long) format.bytes() * ((long) position / LANES * LANES * dim + position % LANES);
    }

    private static void timesScales(float[] x, int at, int n, long scales) {
        for (int t = 0; t < n; t += LENGTH)
            FloatVector.fromArray(F, x, at + t)
                    .mul(Registers.f32(scales + (long) Float.BYTES * t))
                    .intoArray(x, at + t);
    }

    private static void addBias(float[] x, int at, int n, float scale, float slope, int last) {
        for (int t = 0; t < n; t++) x[at + t] = Math.fma(x[at + t], scale, slope * (t - last));
    }

    private static void dotsF32(
            float[] q,
            int qAt,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            float[] sums,
            int at0,
            int at1,
            int at2,
            int at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = FloatVector.broadcast(F, q[qAt + i]);
            long offset = 4L * LANES * i;
            a0 = element.fma(Registers.f32(k0 + offset), a0);
            a1 = element.fma(Registers.f32(k1 + offset), a1);
            a2 = element.fma(Registers.f32(k2 + offset), a2);
            a3 = element.fma(Registers.f32(k3 + offset), a3);
        }
        a0.intoArray(sums, at0);
        a1.intoArray(sums, at1);
        a2.intoArray(sums, at2);
        a3.intoArray(sums, at3);
    }

    private static void dotsF16(
            float[] q,
            int qAt,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            float[] sums,
            int at0,
            int at1,
            int at2,
            int at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = FloatVector.broadcast(F, q[qAt + i]);
            long offset = 2L * LANES * i;
            a0 = element.fma(Registers.f16(k0 + offset), a0);
            a1 = element.fma(Registers.f16(k1 + offset), a1);
            a2 = element.fma(Registers.f16(k2 + offset), a2);
            a3 = element.fma(Registers.f16(k3 + offset), a3);
        }
        a0.intoArray(sums, at0);
        a1.intoArray(sums, at1);
        a2.intoArray(sums, at2);
        a3.intoArray(sums, at3);
    }

    private static void dotsInt8(
            float[] q,
            int qAt,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            float[] sums,
            int at0,
            int at1,
            int at2,
            int at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = FloatVector.broadcast(F, q[qAt + i]);
            long offset = (long) LANES * i;
            a0 = element.fma(Registers.int8(k0 + offset), a0);
            a1 = element.fma(Registers.int8(k1 + offset), a1);
            a2 = element.fma(Registers.int8(k2 + offset), a2);
            a3 = element.fma(Registers.int8(k3 + offset), a3);
        }
        a0.intoArray(sums, at0);
        a1.intoArray(sums, at1);
        a2.intoArray(sums, at2);
        a3.intoArray(sums, at3);
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

    static void addWeighted(
            float[] weights,
            int weightsAt,
            int n,
            KvFormat format,
            long values,
            long scales,
            int dim,
            float[] out,
            int outAt) {
        if (format == KvFormat.INT8)
            for (int t = 0; t < n; t++) weights[weightsAt + t] *= KvFormat.scale(scales, t);
        int i = 0;
        for (; i <= dim - 4 * LENGTH; i += 4 * LENGTH) {
            long from = values + (long) format.bytes() * i;
            switch (format) {
                case F32 -> fourF32(weights, weightsAt, n, from, dim, out, outAt + i);
                case F16 -> fourF16(weights, weightsAt, n, from, dim, out, outAt + i);
                case INT8 -> fourInt8(weights, weightsAt, n, from, dim, out, outAt + i);
            }
        }
        for (; i <= dim - LENGTH; i += LENGTH) {
            long from = values + (long) format.bytes() * i;
            switch (format) {
                case F32 -> oneF32(weights, weightsAt, n, from, dim, out, outAt + i);
                case F16 -> oneF16(weights, weightsAt, n, from, dim, out, outAt + i);
                case INT8 -> oneInt8(weights, weightsAt, n, from, dim, out, outAt + i);
            }
        }
        ScalarKernels.addColumns(weights, weightsAt, n, format, values, dim, i, out, outAt);
    }

    private static void fourF32(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var a0 = FloatVector.fromArray(F, out, at);
        var a1 = FloatVector.fromArray(F, out, at + LENGTH);
        var a2 = FloatVector.fromArray(F, out, at + 2 * LENGTH);
        var a3 = FloatVector.fromArray(F, out, at + 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = FloatVector.broadcast(F, weights[weightsAt + t]);
            long value = values + 4L * t * dim;
            a0 = weight.fma(Registers.f32(value), a0);
            a1 = weight.fma(Registers.f32(value + 4L * LENGTH), a1);
            a2 = weight.fma(Registers.f32(value + 4L * 2 * LENGTH), a2);
            a3 = weight.fma(Registers.f32(value + 4L * 3 * LENGTH), a3);
        }
        a0.intoArray(out, at);
        a1.intoArray(out, at + LENGTH);
        a2.intoArray(out, at + 2 * LENGTH);
        a3.intoArray(out, at + 3 * LENGTH);
    }

    private static void oneF32(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var sum = FloatVector.fromArray(F, out, at);
        for (int t = 0; t < n; t++)
            sum =
                    FloatVector.broadcast(F, weights[weightsAt + t])
                            .fma(Registers.f32(values + 4L * t * dim), sum);
        sum.intoArray(out, at);
    }

    private static void fourF16(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var a0 = FloatVector.fromArray(F, out, at);
        var a1 = FloatVector.fromArray(F, out, at + LENGTH);
        var a2 = FloatVector.fromArray(F, out, at + 2 * LENGTH);
        var a3 = FloatVector.fromArray(F, out, at + 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = FloatVector.broadcast(F, weights[weightsAt + t]);
            long value = values + 2L * t * dim;
            a0 = weight.fma(Registers.f16(value), a0);
            a1 = weight.fma(Registers.f16(value + 2L * LENGTH), a1);
            a2 = weight.fma(Registers.f16(value + 2L * 2 * LENGTH), a2);
            a3 = weight.fma(Registers.f16(value + 2L * 3 * LENGTH), a3);
        }
        a0.intoArray(out, at);
        a1.intoArray(out, at + LENGTH);
        a2.intoArray(out, at + 2 * LENGTH);
        a3.intoArray(out, at + 3 * LENGTH);
    }

    private static void oneF16(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var sum = FloatVector.fromArray(F, out, at);
        for (int t = 0; t < n; t++)
            sum =
                    FloatVector.broadcast(F, weights[weightsAt + t])
                            .fma(Registers.f16(values + 2L * t * dim), sum);
        sum.intoArray(out, at);
    }

    private static void fourInt8(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var a0 = FloatVector.fromArray(F, out, at);
        var a1 = FloatVector.fromArray(F, out, at + LENGTH);
        var a2 = FloatVector.fromArray(F, out, at + 2 * LENGTH);
        var a3 = FloatVector.fromArray(F, out, at + 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = FloatVector.broadcast(F, weights[weightsAt + t]);
            long value = values + (long) t * dim;
            a0 = weight.fma(Registers.int8(value), a0);
            a1 = weight.fma(Registers.int8(value + LENGTH), a1);
            a2 = weight.fma(Registers.int8(value + 2 * LENGTH), a2);
            a3 = weight.fma(Registers.int8(value + 3 * LENGTH), a3);
        }
        a0.intoArray(out, at);
        a1.intoArray(out, at + LENGTH);
        a2.intoArray(out, at + 2 * LENGTH);
        a3.intoArray(out, at + 3 * LENGTH);
    }

    private static void oneInt8(
            float[] weights, int weightsAt, int n, long values, int dim, float[] out, int at) {
        var sum = FloatVector.fromArray(F, out, at);
        for (int t = 0; t < n; t++)
            sum =
                    FloatVector.broadcast(F, weights[weightsAt + t])
                            .fma(Registers.int8(values + (long) t * dim), sum);
        sum.intoArray(out, at);
    }
}

package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import jdk.incubator.vector.FloatVector;

/// One query against the keys and values of a head in a page, straight from memory: four registers
/// of positions, or of a value's elements, side by side; no sum crosses lanes.
final class VectorAttention {
    private VectorAttention() {}

    static void scores(long q, KvFormat format, long keys, long scales, int dim, int n, long out) {
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
            long o0 = out + (long) Float.BYTES * v * LENGTH;
            long o1 = out + (long) Float.BYTES * v1 * LENGTH;
            long o2 = out + (long) Float.BYTES * v2 * LENGTH;
            long o3 = out + (long) Float.BYTES * v3 * LENGTH;
            switch (format) {
                case F32 -> dotsF32(q, k0, k1, k2, k3, dim, o0, o1, o2, o3);
                case F16 -> dotsF16(q, k0, k1, k2, k3, dim, o0, o1, o2, o3);
                case INT8 -> dotsInt8(q, k0, k1, k2, k3, dim, o0, o1, o2, o3);
            }
        }
        if (format == KvFormat.INT8) timesScales(out, n, scales);
    }

    /// Bytes from the start of a run to the keys of its `v`th register of positions.
    static long keyOffset(int v, int dim, KvFormat format) {
        int position = v * LENGTH;
        return (long) format.bytes() * ((long) position / LANES * LANES * dim + position % LANES);
    }

    /// Dot products with codes times the scales of the keys.
    static void timesScales(long x, int n, long scales) {
        for (int t = 0; t < n; t += LENGTH) {
            long offset = (long) Float.BYTES * t;
            Registers.put(
                    Registers.f32(x + offset).mul(Registers.f32(scales + offset)), x + offset);
        }
    }

    private static void dotsF32(
            long q,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            long at0,
            long at1,
            long at2,
            long at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = Registers.all(q + 4L * i);
            long offset = 4L * LANES * i;
            a0 = element.fma(Registers.f32(k0 + offset), a0);
            a1 = element.fma(Registers.f32(k1 + offset), a1);
            a2 = element.fma(Registers.f32(k2 + offset), a2);
            a3 = element.fma(Registers.f32(k3 + offset), a3);
        }
        Registers.put(a0, at0);
        Registers.put(a1, at1);
        Registers.put(a2, at2);
        Registers.put(a3, at3);
    }

    private static void dotsF16(
            long q,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            long at0,
            long at1,
            long at2,
            long at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = Registers.all(q + 4L * i);
            long offset = 2L * LANES * i;
            a0 = element.fma(Registers.f16(k0 + offset), a0);
            a1 = element.fma(Registers.f16(k1 + offset), a1);
            a2 = element.fma(Registers.f16(k2 + offset), a2);
            a3 = element.fma(Registers.f16(k3 + offset), a3);
        }
        Registers.put(a0, at0);
        Registers.put(a1, at1);
        Registers.put(a2, at2);
        Registers.put(a3, at3);
    }

    private static void dotsInt8(
            long q,
            long k0,
            long k1,
            long k2,
            long k3,
            int dim,
            long at0,
            long at1,
            long at2,
            long at3) {
        var a0 = FloatVector.zero(F);
        var a1 = a0;
        var a2 = a0;
        var a3 = a0;
        for (int i = 0; i < dim; i++) {
            var element = Registers.all(q + 4L * i);
            long offset = (long) LANES * i;
            a0 = element.fma(Registers.int8(k0 + offset), a0);
            a1 = element.fma(Registers.int8(k1 + offset), a1);
            a2 = element.fma(Registers.int8(k2 + offset), a2);
            a3 = element.fma(Registers.int8(k3 + offset), a3);
        }
        Registers.put(a0, at0);
        Registers.put(a1, at1);
        Registers.put(a2, at2);
        Registers.put(a3, at3);
    }

    /// int8 with weights that hold the scales already.
    static void addWeighted(long weights, int n, KvFormat format, long values, int dim, long out) {
        int i = 0;
        for (; i <= dim - 4 * LENGTH; i += 4 * LENGTH) {
            long from = values + (long) format.bytes() * i;
            long to = out + (long) Float.BYTES * i;
            switch (format) {
                case F32 -> fourF32(weights, n, from, dim, to);
                case F16 -> fourF16(weights, n, from, dim, to);
                case INT8 -> fourInt8(weights, n, from, dim, to);
            }
        }
        for (; i <= dim - LENGTH; i += LENGTH) {
            long from = values + (long) format.bytes() * i;
            long to = out + (long) Float.BYTES * i;
            switch (format) {
                case F32 -> oneF32(weights, n, from, dim, to);
                case F16 -> oneF16(weights, n, from, dim, to);
                case INT8 -> oneInt8(weights, n, from, dim, to);
            }
        }
        ScalarAttention.addColumns(weights, 1, n, format, values, dim, i, out);
    }

    private static void fourF32(long weights, int n, long values, int dim, long out) {
        var a0 = Registers.f32(out);
        var a1 = Registers.f32(out + 4L * LENGTH);
        var a2 = Registers.f32(out + 4L * 2 * LENGTH);
        var a3 = Registers.f32(out + 4L * 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = Registers.all(weights + 4L * t);
            long value = values + 4L * t * dim;
            a0 = weight.fma(Registers.f32(value), a0);
            a1 = weight.fma(Registers.f32(value + 4L * LENGTH), a1);
            a2 = weight.fma(Registers.f32(value + 4L * 2 * LENGTH), a2);
            a3 = weight.fma(Registers.f32(value + 4L * 3 * LENGTH), a3);
        }
        Registers.put(a0, out);
        Registers.put(a1, out + 4L * LENGTH);
        Registers.put(a2, out + 4L * 2 * LENGTH);
        Registers.put(a3, out + 4L * 3 * LENGTH);
    }

    private static void oneF32(long weights, int n, long values, int dim, long out) {
        var sum = Registers.f32(out);
        for (int t = 0; t < n; t++)
            sum = Registers.all(weights + 4L * t).fma(Registers.f32(values + 4L * t * dim), sum);
        Registers.put(sum, out);
    }

    private static void fourF16(long weights, int n, long values, int dim, long out) {
        var a0 = Registers.f32(out);
        var a1 = Registers.f32(out + 4L * LENGTH);
        var a2 = Registers.f32(out + 4L * 2 * LENGTH);
        var a3 = Registers.f32(out + 4L * 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = Registers.all(weights + 4L * t);
            long value = values + 2L * t * dim;
            a0 = weight.fma(Registers.f16(value), a0);
            a1 = weight.fma(Registers.f16(value + 2L * LENGTH), a1);
            a2 = weight.fma(Registers.f16(value + 2L * 2 * LENGTH), a2);
            a3 = weight.fma(Registers.f16(value + 2L * 3 * LENGTH), a3);
        }
        Registers.put(a0, out);
        Registers.put(a1, out + 4L * LENGTH);
        Registers.put(a2, out + 4L * 2 * LENGTH);
        Registers.put(a3, out + 4L * 3 * LENGTH);
    }

    private static void oneF16(long weights, int n, long values, int dim, long out) {
        var sum = Registers.f32(out);
        for (int t = 0; t < n; t++)
            sum = Registers.all(weights + 4L * t).fma(Registers.f16(values + 2L * t * dim), sum);
        Registers.put(sum, out);
    }

    private static void fourInt8(long weights, int n, long values, int dim, long out) {
        var a0 = Registers.f32(out);
        var a1 = Registers.f32(out + 4L * LENGTH);
        var a2 = Registers.f32(out + 4L * 2 * LENGTH);
        var a3 = Registers.f32(out + 4L * 3 * LENGTH);
        for (int t = 0; t < n; t++) {
            var weight = Registers.all(weights + 4L * t);
            long value = values + (long) t * dim;
            a0 = weight.fma(Registers.int8(value), a0);
            a1 = weight.fma(Registers.int8(value + LENGTH), a1);
            a2 = weight.fma(Registers.int8(value + 2 * LENGTH), a2);
            a3 = weight.fma(Registers.int8(value + 3 * LENGTH), a3);
        }
        Registers.put(a0, out);
        Registers.put(a1, out + 4L * LENGTH);
        Registers.put(a2, out + 4L * 2 * LENGTH);
        Registers.put(a3, out + 4L * 3 * LENGTH);
    }

    private static void oneInt8(long weights, int n, long values, int dim, long out) {
        var sum = Registers.f32(out);
        for (int t = 0; t < n; t++)
            sum = Registers.all(weights + 4L * t).fma(Registers.int8(values + (long) t * dim), sum);
        Registers.put(sum, out);
    }
}

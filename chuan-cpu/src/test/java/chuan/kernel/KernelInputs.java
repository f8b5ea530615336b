package chuan.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// Random and extreme inputs for kernels.
final class KernelInputs {
    private final Random random;

    KernelInputs(long seed) {
        random = new Random(seed);
    }

    float[] floats(int n) {
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = (float) random.nextGaussian();
        return x;
    }

    /// Zeros of both signs, subnormal, tiny and large numbers among ordinary ones; sums of a few
    /// thousand products stay finite.
    float[] extremes(int n) {
        float[] some = {0f, -0f, Float.MIN_VALUE, -1e-40f, Float.MIN_NORMAL, 1e-20f, 1e15f, -1e15f};
        var x = floats(n);
        for (int i = 0; i < n; i++)
            if (random.nextInt(3) == 0) x[i] = some[random.nextInt(some.length)];
        return x;
    }

    /// A matrix of these values, rounded to `format`; its memory begins at an odd address where
    /// `unaligned`, and ends with its last element.
    Matrix matrix(WeightFormat format, int rows, int columns, boolean extreme, boolean unaligned) {
        int n = rows * columns;
        float[] values = extreme ? extremes(n) : floats(n);
        long bytes = (long) n * format.bytes();
        MemorySegment memory = Arena.ofAuto().allocate(bytes + 1, 64);
        memory = memory.asSlice(unaligned ? 1 : 0, bytes);
        for (int i = 0; i < n; i++) {
            switch (format) {
                case F32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, values[i]);
                case BF16 ->
                        memory.set(
                                ValueLayout.JAVA_SHORT_UNALIGNED,
                                2L * i,
                                (short) (Float.floatToRawIntBits(values[i]) >>> 16));
                case F16 ->
                        memory.set(
                                ValueLayout.JAVA_SHORT_UNALIGNED,
                                2L * i,
                                Float.floatToFloat16(Math.clamp(values[i], -65_504f, 65_504f)));
                case INT8 ->
                        memory.set(ValueLayout.JAVA_BYTE, i, (byte) (random.nextInt(255) - 127));
            }
        }
        return new Matrix(
                format,
                rows,
                columns,
                memory,
                format == WeightFormat.INT8 ? floats(rows) : new float[0]);
    }

    /// Keys or values of `positions` positions of a head, with room for the last group of 16.
    Run run(KvFormat format, int positions, int dim) {
        int padded = Math.ceilDiv(positions, Kernels.LANES) * Kernels.LANES;
        MemorySegment memory = Arena.ofAuto().allocate(format.runBytes(padded, dim), 64);
        float[] elements = floats(padded * dim);
        for (int i = 0; i < elements.length; i++)
            switch (format) {
                case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, elements[i]);
                case F16 ->
                        memory.setAtIndex(
                                ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(elements[i]));
                case INT8 ->
                        memory.set(ValueLayout.JAVA_BYTE, i, (byte) (random.nextInt(255) - 127));
            }
        long scales = format.scalesAt(padded, dim);
        for (long at = scales; at < memory.byteSize(); at += Float.BYTES)
            memory.set(ValueLayout.JAVA_FLOAT, at, random.nextFloat() / 50);
        return new Run(memory, memory.address(), memory.address() + scales);
    }

    /// @param memory is alive as long as this is
    record Run(MemorySegment memory, long address, long scales) {}
}

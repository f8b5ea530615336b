package chuan.kernel;

import chuan.quant.BlockFormat;
import chuan.quant.Panels;
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

    /// The smallest number of columns from `n` on that a row of this format can have.
    static int columns(WeightFormat format, int n) {
        var block = format.block();
        return block == null ? n : Math.ceilDiv(n, block.elements()) * block.elements();
    }

    /// Every bit pattern of codes; scales ordinary, or zeros of both signs, subnormal, negative and
    /// the largest too.
    private Matrix quantized(WeightFormat format, int rows, int columns, boolean extreme) {
        MemorySegment memory = Arena.ofAuto().allocate(format.matrixBytes(rows, columns), 64);
        for (long at = 0; at < memory.byteSize(); at++)
            memory.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(256));
        var block = format.block();
        var panels = format.panels();
        if (block != null)
            for (long at = 0; at < memory.byteSize(); at += block.bytes())
                for (int field : scaleFields(block)) half(memory, at + field, extreme);
        if (panels != null)
            for (long at = 0; at < memory.byteSize(); at += panels.superblockBytes())
                for (int i = 0; i < Panels.SCALE_BYTES; i += 2) half(memory, at + i, extreme);
        return new Matrix(format, rows, columns, memory, new float[0]);
    }

    /// A quantized matrix whose bytes are all `code`, but for the fp16 numbers, which are `scale`.
    Matrix constant(WeightFormat format, int rows, int columns, int code, float scale) {
        MemorySegment memory = Arena.ofAuto().allocate(format.matrixBytes(rows, columns), 64);
        memory.fill((byte) code);
        var block = format.block();
        var panels = format.panels();
        short half = Float.floatToFloat16(scale);
        if (block != null)
            for (long at = 0; at < memory.byteSize(); at += block.bytes())
                for (int field : scaleFields(block))
                    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + field, half);
        if (panels != null)
            for (long at = 0; at < memory.byteSize(); at += panels.superblockBytes())
                for (int i = 0; i < Panels.SCALE_BYTES; i += 2)
                    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + i, half);
        return new Matrix(format, rows, columns, memory, new float[0]);
    }

    private void half(MemorySegment memory, long at, boolean extreme) {
        float[] some = {0f, -0f, 6e-8f, -6e-8f, 1e-5f, 65_504f, -65_504f};
        float value =
                extreme && random.nextInt(3) == 0
                        ? some[random.nextInt(some.length)]
                        : (float) random.nextGaussian() / 100;
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
    }

    /// Where the fp16 numbers of a block lie, as llama.cpp's format has them.
    private static int[] scaleFields(BlockFormat block) {
        return switch (block) {
            case Q4_0, Q5_0, Q8_0 -> new int[] {0};
            case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
            case Q6_K -> new int[] {208};
        };
    }

    /// A matrix of these values, rounded to `format`; its memory begins at an odd address where
    /// `unaligned`, and ends with its last element.
    Matrix matrix(WeightFormat format, int rows, int columns, boolean extreme, boolean unaligned) {
        if (!format.isPlain()) return quantized(format, rows, columns, extreme);
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
                case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                        throw new IllegalStateException("made elsewhere");
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

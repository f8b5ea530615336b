package chuan.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Off-heap memory by address. Kernels read weights through one segment that spans everything: its
/// bounds and lifetime are constants to the compiler, whatever kind of mapping stands behind an
/// address, so the loops hold no checks. [Matrix] checks the range once and keeps it alive.
final class Memory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Memory() {}

    static short half(long address) {
        return ALL.get(SHORT, address);
    }

    static int word(long address) {
        return ALL.get(INT, address);
    }

    /// Float `index` of those from `address` on.
    static float f32(long address, long index) {
        return ALL.get(FLOAT, address + Float.BYTES * index);
    }

    static void putF32(long address, long index, float value) {
        ALL.set(FLOAT, address + Float.BYTES * index, value);
    }

    static byte code(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    /// The element of a plain format at `address`, widened exactly; int8 without its scale.
    static float element(WeightFormat format, long address) {
        return switch (format) {
            case F32 -> ALL.get(FLOAT, address);
            case BF16 -> Float.intBitsToFloat(ALL.get(SHORT, address) << 16);
            case F16 -> Float.float16ToFloat(ALL.get(SHORT, address));
            case INT8 -> ALL.get(ValueLayout.JAVA_BYTE, address);
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                    throw new IllegalArgumentException("elements of " + format + " share bytes");
        };
    }
}

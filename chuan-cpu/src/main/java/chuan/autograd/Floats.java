package chuan.autograd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Single floats off the heap, and moving many of them.
final class Floats {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Floats() {}

    static float get(long address, long index) {
        return ALL.get(ValueLayout.JAVA_FLOAT, address + Float.BYTES * index);
    }

    static void put(long address, long index, float value) {
        ALL.set(ValueLayout.JAVA_FLOAT, address + Float.BYTES * index, value);
    }

    static void clear(long address, long count) {
        ALL.asSlice(address, count * Float.BYTES).fill((byte) 0);
    }

    static void copy(long from, long to, long count) {
        MemorySegment.copy(ALL, from, ALL, to, count * Float.BYTES);
    }
}

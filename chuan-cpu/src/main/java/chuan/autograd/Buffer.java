package chuan.autograd;

import java.lang.foreign.Arena;

/// Memory for some floats, at a place that is decided when all that is needed is known.
final class Buffer {
    final long floats;
    private long address;

    Buffer(long floats) {
        this.floats = floats;
    }

    /// Memory of its own, zeroed.
    static Buffer of(long floats, Arena arena) {
        var buffer = new Buffer(floats);
        buffer.place(arena.allocate(Math.multiplyExact(floats, Float.BYTES), ALIGNMENT).address());
        return buffer;
    }

    static final long ALIGNMENT = 64;

    void place(long at) {
        address = at;
    }

    long address() {
        return address;
    }
}

package chuan.autograd;

/// Memory for some floats, at a place that is decided when all that is needed is known.
final class Buffer {
    static final long ALIGNMENT = 64;

    final long floats;
    private long offset;
    private long address;

    Buffer(long floats) {
        this.floats = floats;
    }

    long bytes() {
        return Math.multiplyExact(floats, Float.BYTES);
    }

    /// Where it begins in the memory of its tape.
    long offset() {
        return offset;
    }

    void setOffset(long offset) {
        this.offset = offset;
    }

    /// The memory of the tape begins at `base`.
    void placeIn(long base) {
        address = base + offset;
    }

    long address() {
        return address;
    }
}

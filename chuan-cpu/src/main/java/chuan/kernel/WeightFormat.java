package chuan.kernel;

/// How the elements of a [Matrix] lie in memory.
public enum WeightFormat {
    F32(4),
    BF16(2),
    F16(2),
    /// Signed bytes in -127..127 with one scale per row.
    INT8(1);

    private final int bytes;

    WeightFormat(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }
}

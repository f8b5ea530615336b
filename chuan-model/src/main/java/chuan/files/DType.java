package chuan.files;

import java.util.Optional;

/// How the elements of a stored tensor are written; always little-endian.
public enum DType {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    I32(4),
    I16(2),
    I8(1),
    U8(1),
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }

    /// Whether values are floating-point numbers: the only ones a model is made of here.
    public boolean isFloat() {
        return switch (this) {
            case F64, F32, F16, BF16 -> true;
            case I64, I32, I16, I8, U8, BOOL -> false;
        };
    }

    /// The type of this name in a safetensors header; empty for one we do not know.
    public static Optional<DType> named(String name) {
        for (DType type : values()) if (type.name().equals(name)) return Optional.of(type);
        return Optional.empty();
    }

    /// The nearest bf16 number, ties to even; a NaN stays one. The low 16 bits of the result.
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) return (short) ((bits >>> 16) | 0x40);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /// The value of a bf16 number: exact.
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}

package chuan.files;

import java.util.Locale;
import java.util.Optional;

/// The types of GGUF's metadata values; the ordinal is the number in the file.
public enum GgufType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private final int bytes;

    GgufType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of a value; 0 if values have a length of their own.
    public int bytes() {
        return bytes;
    }

    static Optional<GgufType> numbered(int number) {
        return number < 0 || number >= values().length
                ? Optional.empty()
                : Optional.of(values()[number]);
    }

    /// For messages: "a string".
    String described() {
        return switch (this) {
            case BOOL -> "a truth value";
            case STRING -> "a string";
            case ARRAY -> "an array";
            case FLOAT32, FLOAT64 -> "a " + name().toLowerCase(Locale.ROOT);
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
                    "an integer (" + name().toLowerCase(Locale.ROOT) + ")";
        };
    }
}

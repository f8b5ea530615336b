package chuan.model;

/// The number format in which keys and values are kept. They take a growing share of memory and of
/// the time of a token as a text gets longer, so smaller formats are worth their loss.
public enum KvType {
    /// As computed.
    F32,
    /// Rounded to nearest, ties to even; what is too large becomes 65,504.
    F16,
    /// Signed bytes with one fp32 scale per position and head, for keys and for values.
    INT8;

    /// Caches smaller than this stay exact.
    private static final long EXACT_BYTES = 512L << 20;

    /// The choice where nobody chose: exact while that is cheap.
    public static KvType automatic(ModelConfig config, int contextTokens) {
        return F32.bytesPerToken(config) <= EXACT_BYTES / contextTokens ? F32 : F16;
    }

    /// Bytes of the key, or of the value, of one position and head.
    public long bytesPerHead(int dim) {
        return switch (this) {
            case F32 -> 4L * dim;
            case F16 -> 2L * dim;
            case INT8 -> (long) dim + Float.BYTES;
        };
    }

    /// Bytes of keys and values of one token in all layers.
    public long bytesPerToken(ModelConfig c) {
        return Math.multiplyExact(2L * c.layers() * c.kvHeads(), bytesPerHead(c.headDim()));
    }
}

package chuan.quant;

/// The per-row scheme of the official Baichuan-13B code (`quantize(8)`, `quantize(4)`): one scale
/// per output row, the largest value over 127 or 7, rounding to nearest, ties to even. Kept for
/// parity: a single outlier spoils its whole row, which is why four bits cost it five points of
/// C-Eval.
///
/// @param bits 8 or 4
/// @param precision that the official code computes the scale in: that of the weights
public record OfficialRows(int bits, Precision precision) {

    /// A number type that weights are stored in.
    public enum Precision {
        FP32,
        FP16,
        BF16;

        float round(float value) {
            return switch (this) {
                case FP32 -> value;
                case FP16 -> Float.float16ToFloat(Float.floatToFloat16(value));
                case BF16 -> {
                    int bits = Float.floatToRawIntBits(value);
                    yield Float.intBitsToFloat((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
                }
            };
        }
    }

    /// Codes of an int32 of the packed 4-bit form.
    public static final int PER_WORD = 8;

    public OfficialRows {
        if (bits != 8 && bits != 4) throw new IllegalArgumentException(bits + " bits");
    }

    /// 127 or 7.
    public int largest() {
        return (1 << (bits - 1)) - 1;
    }

    /// Quantizes `row[at, at + n)` to `codes[0, n)`; returns the scale, 0 for a row of zeros.
    public float quantize(float[] row, int at, int n, byte[] codes) {
        float most = 0;
        for (int k = at; k < at + n; k++) most = Math.max(most, Math.abs(row[k]));
        float scale = precision.round(most / largest());
        for (int k = 0; k < n; k++) {
            float quotient = scale == 0 ? 0 : row[at + k] / scale;
            double code = Math.rint(quotient);
            codes[k] = (byte) (bits == 8 ? Math.clamp(code, -128, 127) : Math.clamp(code, -8, 7));
        }
        return scale;
    }

    /// Eight 4-bit codes from `at` on in one word, the first lowest, two's complement.
    public static int pack(byte[] codes, int at) {
        int word = 0;
        for (int i = 0; i < PER_WORD; i++) word |= (codes[at + i] & 15) << (4 * i);
        return word;
    }

    /// Code `i` of a packed word.
    public static int unpack(int word, int i) {
        return word << (28 - 4 * i) >> 28;
    }
}

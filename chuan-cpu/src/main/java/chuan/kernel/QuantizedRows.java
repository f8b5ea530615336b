package chuan.kernel;

import chuan.quant.Panels;

/// Activations of a step, `[tokens, columns]`, as int8 codes with an fp32 scale per token and block
/// of [Panels#BLOCK] columns. [Kernels#prepare] makes room, [Kernels#quantize] fills it, any part
/// of the tokens at a time, and the same kernels read it. Used again and again; grows, never
/// shrinks.
///
/// A block's scale is `largest |x| / 127`, and its codes are `x * (127 / largest |x|)`, rounded
/// half to even. A block too small for a finite factor becomes zeros; a block that holds no finite
/// numbers gets codes 0 and a scale that is no finite number either, and so does all that it meets.
public final class QuantizedRows {
    static final int LARGEST_CODE = 127;

    private int tokens;
    private int columns;

    /// The codes, `[tokens, columns]`: whole numbers in -127..127, as floats, whose products and
    /// sums over a block are exact.
    private float[] codes = new float[0];

    /// `[tokens, blocks]`
    private float[] scales = codes;

    private final PackedRows packed = new PackedRows();

    /// Makes room for codes as floats.
    void shape(int newTokens, int newColumns) {
        tokens = newTokens;
        columns = newColumns;
        int n = Math.multiplyExact(tokens, columns);
        if (codes.length < n) codes = new float[n];
        int blocks = Math.multiplyExact(tokens, blocks());
        if (scales.length < blocks) scales = new float[blocks];
    }

    int tokens() {
        return tokens;
    }

    /// The same for machine code, where the kernels need it.
    PackedRows packed() {
        return packed;
    }

    int columns() {
        return columns;
    }

    /// Blocks of a row; the last may be short.
    int blocks() {
        return Math.ceilDiv(columns, Panels.BLOCK);
    }

    float[] codes() {
        return codes;
    }

    float[] scales() {
        return scales;
    }

    /// The factor that makes codes of a block whose largest absolute value is `largest`; 0 where
    /// they are all 0.
    static float factor(float largest) {
        float factor = LARGEST_CODE / largest;
        return factor <= Float.MAX_VALUE && factor > 0 ? factor : 0;
    }

    /// The scale of that block. Not 0 for infinities and NaN.
    static float scale(float largest) {
        return factor(largest) > 0 || !(largest < 1) ? largest / LARGEST_CODE : 0;
    }
}

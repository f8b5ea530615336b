package chuan.kernel;

/// `exp` in fp32: the argument is split into `n ln 2 + r`, `|r| <= ln 2 / 2`, and `exp(r)` is a
/// polynomial of degree 7 (coefficients of the Cephes library, S. Moshier, `expf`). Relative error
/// below 1.2e-7, one unit in the last place. Arguments are limited to the range whose results are
/// normal numbers.
///
/// Kernels that work on vectors perform the same operations on these constants.
final class Exponential {
    static final float LOW = -87.3f;
    static final float HIGH = 88f;
    static final float LOG2_E = 1.44269504088896341f;

    /// Adding it rounds to the nearest integer, which then stands in the low bits: 1.5 * 2^23.
    static final float ROUND = 12_582_912f;

    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;

    static final float C7 = 1.9875691500e-4f;
    static final float C6 = 1.3981999507e-3f;
    static final float C5 = 8.3334519073e-3f;
    static final float C4 = 4.1665795894e-2f;
    static final float C3 = 1.6666665459e-1f;
    static final float C2 = 5.0000001201e-1f;

    static final int EXPONENT_SHIFT = 23;
    static final int ONE = 0x3f800000;

    private Exponential() {}

    static float exp(float value) {
        float x = value < LOW ? LOW : value > HIGH ? HIGH : value;
        float rounded = Math.fma(x, LOG2_E, ROUND);
        float n = rounded - ROUND;
        float r = Math.fma(n, -LN2_HIGH, x);
        r = Math.fma(n, -LN2_LOW, r);
        float p = Math.fma(C7, r, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r * r, r) + 1;
        return p * Float.intBitsToFloat((Float.floatToRawIntBits(rounded) << EXPONENT_SHIFT) + ONE);
    }
}

package chuan.kernel;

/// Numbers as products of bf16 have them: 8 bits of a significand in the range of fp32, no
/// subnormal numbers anywhere. One step of a sum is what `TDPBF16PS` and `VDPBF16PS` do (Intel SDM
/// volume 2; AMD's processors do the same).
final class Bf16 {
    private static final int EXPONENT = 0x7f80_0000;

    /// Whoever is nearer to zero than the smallest normal number by a quarter of the last place or
    /// more is still below it when rounded to 24 bits, so it becomes zero; [Math#fma] rounds
    /// somewhat coarser there.
    private static final double SMALLEST = Float.MIN_NORMAL * (1 - 0x1p-25);

    private Bf16() {}

    /// To the nearest, ties to even.
    static float rounded(float x) {
        int bits = Float.floatToRawIntBits(x);
        if ((bits & EXPONENT) == 0) return 0 * x;
        if (Float.isNaN(x)) return Float.NaN;
        int up = 0x7fff + (bits >>> 16 & 1);
        return Float.intBitsToFloat(bits + up & 0xffff_0000);
    }

    /// A subnormal number is zero.
    static float flushed(float x) {
        return Math.abs(x) < Float.MIN_NORMAL ? 0 * x : x;
    }

    /// `a * b + sum`, rounded once, of numbers that are not subnormal.
    static float fma(float a, float b, float sum) {
        float result = Math.fma(a, b, sum);
        if (Math.abs(result) > Float.MIN_NORMAL) return result;
        double exact = (double) a * b + sum;
        return Math.abs(exact) < SMALLEST ? 0 * result : result;
    }
}

package chuan.engine;

/// `e^x` for `x <= 0` in plain fp64 arithmetic, so that it gives the same bits on every machine, as
/// [StrictMath] does, at a fifth of the time: a power of two times a polynomial on a range of half
/// of one (Muller, "Elementary Functions", chapter 11). Off by less than two units in the last
/// place.
final class Exponential {
    /// Below, an fp32 softmax has only zeros: 2^-150 of the largest.
    static final double LEAST = -104;

    private static final double LOG2_E = 1.4426950408889634;

    /// ln 2 in two parts; the first has zeros at its end, so that its multiples are exact.
    private static final double LN2_HIGH = 0x1.62e42fee00000p-1;

    private static final double LN2_LOW = 0x1.a39ef35793c76p-33;

    /// Added and subtracted again, it rounds to an integer, which stands in its last bits
    /// meanwhile.
    private static final double ROUND = 0x1.8p52;

    private Exponential() {}

    /// 0 below [#LEAST].
    static double of(double x) {
        double shifted = x * LOG2_E + ROUND;
        double n = shifted - ROUND;
        double r = (x - n * LN2_HIGH) - n * LN2_LOW;
        double r2 = r * r;
        // the series to the twelfth power, whose next term is below 2^-52
        double low = r + r2 * (1.0 / 2 + r * (1.0 / 6));
        double middle = (1.0 / 24 + r * (1.0 / 120)) + r2 * (1.0 / 720 + r * (1.0 / 5040));
        double high =
                (1.0 / 40_320 + r * (1.0 / 362_880))
                        + r2 * (1.0 / 3_628_800 + r * (1.0 / 39_916_800))
                        + r2 * r2 * (1.0 / 479_001_600);
        double r4 = r2 * r2;
        double scale = Double.longBitsToDouble((Double.doubleToRawLongBits(shifted) + 1023) << 52);
        double value = (1 + (low + r4 * (middle + r4 * high))) * scale;
        return x < LEAST ? 0 : value;
    }
}

package chuan.eval.report;

/// Where the true value of a figure lies with 95 % confidence, both ends included.
public record Interval(double low, double high) {
    /// The two-sided quantile of the normal distribution for 95 %.
    private static final double Z = 1.959963984540054;

    public boolean contains(double value) {
        return low <= value && value <= high;
    }

    /// The score interval of a proportion: E. B. Wilson, "Probable Inference, the Law of
    /// Succession, and Statistical Inference", JASA 22 (1927). Sound for small numbers and for
    /// proportions of 0 and 1, where the usual ± is not.
    ///
    /// @param part may be no whole number, for credits between 0 and 1: the interval is then a
    ///   little too wide
    public static Interval wilson(double part, long whole) {
        if (whole < 1 || part < 0 || part > whole)
            throw new IllegalArgumentException(part + " of " + whole);
        double p = part / whole;
        double square = Z * Z;
        double middle = (p + square / (2 * whole)) / (1 + square / whole);
        double half =
                Z
                        / (1 + square / whole)
                        * Math.sqrt(p * (1 - p) / whole + square / (4.0 * whole * whole));
        return new Interval(
                part == 0 ? 0 : Math.max(0, middle - half),
                part == whole ? 1 : Math.min(1, middle + half));
    }
}

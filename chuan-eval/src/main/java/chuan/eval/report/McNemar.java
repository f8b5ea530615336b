package chuan.eval.report;

/// Whether two runs over the same questions differ by more than chance: only those questions count
/// that one answered right and the other did not, and if the runs were equally good each of these
/// would fall to either by the toss of a coin (Q. McNemar, Psychometrika 12, 1947).
///
/// @param onlyFirst right in the first run alone
/// @param onlySecond right in the second run alone
public record McNemar(long onlyFirst, long onlySecond) {
    public McNemar {
        if (onlyFirst < 0 || onlySecond < 0)
            throw new IllegalArgumentException(onlyFirst + ", " + onlySecond);
    }

    /// Two-sided p by the binomial distribution: never too small, often too large.
    public double exact() {
        var tail = tail();
        return Math.min(1, 2 * tail.sum());
    }

    /// Two-sided mid-p: half of the probability of what was seen is left out, which comes closer to
    /// the level it names (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91,
    /// 2013).
    public double mid() {
        var tail = tail();
        return Math.min(1, 2 * tail.sum() - tail.last());
    }

    /// @param sum of the probabilities up to the smaller count
    /// @param last of them
    private record Tail(double sum, double last) {}

    private Tail tail() {
        long trials = Math.addExact(onlyFirst, onlySecond);
        long smaller = Math.min(onlyFirst, onlySecond);
        double logarithm = -trials * Math.log(2);
        double sum = Math.exp(logarithm);
        for (long k = 1; k <= smaller; k++) {
            logarithm += Math.log((double) (trials - k + 1) / k);
            sum += Math.exp(logarithm);
        }
        return new Tail(sum, Math.exp(logarithm));
    }
}

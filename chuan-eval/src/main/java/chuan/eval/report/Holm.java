package chuan.eval.report;

import java.util.Comparator;
import java.util.stream.IntStream;

/// Several tests at once: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
final class Holm {
    private Holm() {}

    /// The p-values such that one can say of all columns together: below 0.05, the probability that
    /// any of the differences is one of chance is below 5 %.
    static double[] adjust(double[] p) {
        var order =
                IntStream.range(0, p.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> p[i]))
                        .mapToInt(i -> i)
                        .toArray();
        var adjusted = new double[p.length];
        double largest = 0;
        for (int rank = 0; rank < order.length; rank++) {
            largest = Math.max(largest, (p.length - rank) * p[order[rank]]);
            adjusted[order[rank]] = Math.min(1, largest);
        }
        return adjusted;
    }
}

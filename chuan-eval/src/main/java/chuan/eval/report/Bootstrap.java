package chuan.eval.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Intervals of means by the percentile bootstrap (Efron 1979): the questions are drawn again, with
/// replacement, as many as there are; the middle 95 % of what the mean comes to is the interval.
/// Quantiles between two values are interpolated, as by numpy's default.
///
/// The same seed gives the same digits on every machine.
///
/// @param resamples how often; the ends of the interval are good to about 2 % of its width with
///   10,000
public record Bootstrap(long seed, int resamples) {
    public static final Bootstrap DEFAULT = new Bootstrap(20230711, 10_000);

    private static final double TAIL = 0.025;

    public Bootstrap {
        if (resamples < 1) throw new IllegalArgumentException("resamples: " + resamples);
    }

    /// Of the mean over all values, which are drawn from one urn.
    public Interval mean(double[] values) {
        if (values.length == 0) throw new IllegalArgumentException("no values");
        var random = new Random(seed);
        var means = new double[resamples];
        for (int i = 0; i < resamples; i++) means[i] = random.sum(values) / values.length;
        return middle(means);
    }

    /// Of the sum of `parts` over the sum of `wholes`, drawn in pairs.
    public Interval ratio(double[] parts, double[] wholes) {
        if (parts.length != wholes.length)
            throw new IllegalArgumentException(parts.length + " and " + wholes.length + " values");
        return statistic(
                parts.length,
                drawn -> {
                    double part = 0;
                    double whole = 0;
                    for (int i : drawn) {
                        part += parts[i];
                        whole += wholes[i];
                    }
                    return part / whole;
                });
    }

    /// Of anything that can be computed from items drawn with replacement.
    ///
    /// @param of gets as many indices of items as there are items
    public Interval statistic(int items, ToDoubleFunction<int[]> of) {
        if (items < 1) throw new IllegalArgumentException("nothing to draw from");
        var random = new Random(seed);
        var values = new double[resamples];
        var drawn = new int[items];
        for (int i = 0; i < resamples; i++) {
            for (int j = 0; j < items; j++) drawn[j] = random.below(items);
            values[i] = of.applyAsDouble(drawn);
        }
        return middle(values);
    }

    public Bootstrap withResamples(int count) {
        return new Bootstrap(seed, count);
    }

    /// Of means over the means of strata. Each stratum is drawn from by itself, as many as it
    /// holds, so that hard and easy subjects keep their weight. A stratum of a single question
    /// cannot differ when it is drawn again: those of a group are collapsed, as samplers say, and
    /// draw from all of theirs together (K. Wolter, "Introduction to Variance Estimation", 2.5), a
    /// lonely one from all of its group. The interval is then rather too wide than too narrow.
    ///
    /// @param groups each the indices of its strata; those of one draw are shared by all groups
    /// @return one for each group
    public List<Interval> meansOfMeans(List<double[]> strata, List<int[]> groups) {
        var random = new Random(seed);
        var drawn = new double[strata.size()];
        var means = new double[groups.size()][resamples];
        var urns = groups.stream().map(group -> urn(strata, group)).toList();
        for (int i = 0; i < resamples; i++) {
            for (int s = 0; s < drawn.length; s++) {
                double[] stratum = strata.get(s);
                drawn[s] = random.sum(stratum) / stratum.length;
            }
            for (int g = 0; g < means.length; g++) {
                double sum = 0;
                for (int s : groups.get(g))
                    sum += strata.get(s).length == 1 ? random.one(urns.get(g)) : drawn[s];
                means[g][i] = sum / groups.get(g).length;
            }
        }
        var intervals = new ArrayList<Interval>();
        for (double[] of : means) intervals.add(middle(of));
        return intervals;
    }

    /// What the strata of one question in a group draw from.
    private static double[] urn(List<double[]> strata, int[] group) {
        long single = Arrays.stream(group).filter(s -> strata.get(s).length == 1).count();
        return Arrays.stream(group)
                .mapToObj(strata::get)
                .filter(stratum -> single < 2 || stratum.length == 1)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    private static Interval middle(double[] values) {
        Arrays.sort(values);
        return new Interval(quantile(values, TAIL), quantile(values, 1 - TAIL));
    }

    private static double quantile(double[] sorted, double part) {
        double at = part * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /// SplitMix64 (Steele, Lea and Flood 2014), with the upper half of a product for a number below
    /// a bound.
    private static final class Random {
        private long state;

        Random(long seed) {
            state = seed;
        }

        int below(int bound) {
            state += 0x9E3779B97F4A7C15L;
            long z = state;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            return (int) Math.unsignedMultiplyHigh(z ^ (z >>> 31), bound);
        }

        double one(double[] values) {
            return values[below(values.length)];
        }

        /// Of as many values as there are, drawn with replacement.
        double sum(double[] values) {
            double sum = 0;
            for (int i = 0; i < values.length; i++) sum += values[below(values.length)];
            return sum;
        }
    }
}

package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against scipy 1.17.1, statsmodels 0.15.0, numpy and published examples; the call stands with the
/// values.
class StatisticsTest {
    /// `statsmodels.stats.proportion.proportion_confint(part, whole, method="wilson")`
    @ParameterizedTest
    @CsvSource({
        "0, 5, 0.0, 0.43448246478317487",
        "5, 5, 0.5655175352168252, 1.0",
        "1, 10, 0.017876213095072924, 0.40415002679523854",
        "57, 204, 0.22235018490566777, 0.34462745030404535",
        "2919, 11582, 0.24420489008361185, 0.2600175679557309",
        "130, 200, 0.5816346433604008, 0.7127117587264192",
    })
    void wilsonIsStatsmodels(long part, long whole, double low, double high) {
        var interval = Interval.wilson(part, whole);

        assertThat(interval.low()).isCloseTo(low, within(1e-12));
        assertThat(interval.high()).isCloseTo(high, within(1e-12));
    }

    /// `statsmodels.stats.contingency_tables.mcnemar([[0, b], [c, 0]], exact=True).pvalue` and `2 *
    /// binom.cdf(min(b, c), b + c, .5) - binom.pmf(min(b, c), b + c, .5)`
    @ParameterizedTest
    @CsvSource({
        "1, 7, 0.0703125, 0.0390625",
        "10, 25, 0.016673847800120715, 0.011330984183587134",
        "25, 10, 0.016673847800120715, 0.011330984183587134",
        "0, 6, 0.03125, 0.015625",
        "13, 13, 1, 1",
        "0, 0, 1, 1",
        "500, 431, 0.025787128461388437, 0.02375914124519729",
        "3200, 3471, 0.0009458839110266998, 0.0009061687552255617",
    })
    void mcNemarIsStatsmodels(long first, long second, double exact, double mid) {
        var test = new McNemar(first, second);

        assertThat(test.exact()).isCloseTo(exact, within(1e-10));
        assertThat(test.mid()).isCloseTo(mid, within(1e-10));
    }

    /// Fagerland, Lydersen and Laake 2013, table 1 (airway hyper-responsiveness before and after
    /// stem cell transplantation): 1 against 7; exact p 0.070, mid-p 0.039.
    @Test
    void mcNemarIsThePublishedExample() {
        assertThat(new McNemar(1, 7).exact()).isCloseTo(0.070, within(0.0005));
        assertThat(new McNemar(1, 7).mid()).isCloseTo(0.039, within(0.0005));
    }

    /// `statsmodels.stats.multitest.multipletests(p, method="holm")[1]`
    @Test
    void holmIsStatsmodels() {
        double[] adjusted = Holm.adjust(new double[] {0.01, 0.04, 0.03, 0.005, 0.2, 0.04});

        assertThat(adjusted)
                .containsExactly(new double[] {0.05, 0.12, 0.12, 0.03, 0.2, 0.12}, within(1e-12));
        assertThat(Holm.adjust(new double[0])).isEmpty();
    }

    /// `scipy.stats.bootstrap((x,), np.mean, method="percentile", n_resamples=200000)`; the same
    /// follows from the binomial distribution without drawing: `binom.ppf([.025, .975], 204, 57 /
    /// 204) / 204`.
    @Test
    void theBootstrapOfAnAccuracyIsTheBinomialDistribution() {
        var interval = Bootstrap.DEFAULT.mean(accuracy(57, 204));

        assertThat(interval.low()).isCloseTo(0.22058823529411764, within(0.5 / 204 + 1e-9));
        assertThat(interval.high()).isCloseTo(0.3431372549019608, within(0.5 / 204 + 1e-9));
    }

    /// The same call with 400,000 resamples of credits between 0 and 1.
    @Test
    void theBootstrapOfPartialCreditsIsScipys() {
        var interval =
                Bootstrap.DEFAULT.mean(new double[] {0, .5, 1, .25, .5, 0, 1, 1, .75, .1, .3, .9});

        assertThat(interval.low()).isCloseTo(0.3125, within(0.012));
        assertThat(interval.high()).isCloseTo(0.7375, within(0.012));
    }

    /// `np.quantile(np.mean([rng.binomial(n, k / n, 2000000) / n for k, n in strata], axis=0),
    /// [.025, .975])`
    @Test
    void theStratifiedBootstrapIsNumpys() {
        var strata = List.of(accuracy(3, 10), accuracy(57, 204), accuracy(20, 40));

        var intervals =
                Bootstrap.DEFAULT.meansOfMeans(
                        strata, List.of(new int[] {0, 1, 2}, new int[] {1, 2}));

        assertThat(intervals.getFirst().low()).isCloseTo(0.25506536, within(0.004));
        assertThat(intervals.getFirst().high()).isCloseTo(0.47336601, within(0.004));
        assertThat(intervals.getLast().low()).isCloseTo(0.30710784, within(0.004));
        assertThat(intervals.getLast().high()).isCloseTo(0.47254902, within(0.004));
    }

    /// Of 1,000 intervals over draws from a known distribution about 950 must contain its mean;
    /// fewer than 920 has a probability below 1e-4.
    @Test
    void aBootstrapIntervalContainsTheTruthAsOftenAsItSays() {
        var random = new java.util.Random(4711);
        int hits = 0;
        for (int trial = 0; trial < 1000; trial++) {
            var sample = new double[400];
            for (int i = 0; i < sample.length; i++) sample[i] = random.nextDouble() < 0.3 ? 1 : 0;
            if (new Bootstrap(trial, 1000).mean(sample).contains(0.3)) hits++;
        }
        assertThat(hits).isBetween(920, 980);
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        double[] values = accuracy(57, 204);

        assertThat(new Bootstrap(1, 500).mean(values))
                .isEqualTo(new Bootstrap(1, 500).mean(values));
    }

    /// numpy: `c = softmax(scores, axis=1).max(axis=1); bins = np.minimum((c * 10).astype(int), 9);
    /// sum(abs(ok[bins == b].mean() - c[bins == b].mean()) * (bins == b).mean())`
    @Test
    void calibrationIsNumpys() {
        double[][] scores = {
            {2.0, 0, 0, 0},
            {0.1, 0.2, 0.3, 0.4},
            {5, 1, 1, 1},
            {-1, -1, -1, -1},
            {0, 3, Double.NEGATIVE_INFINITY, 1},
            {1, 1, 4, 1.5},
            {0.5, 0.2, 0.1, 2.5},
            {10, 0, 0, 0}
        };
        int[] right = {1, 0, 1, 0, 0, 1, 1, 1};
        var results = new ArrayList<Result>();
        for (int i = 0; i < right.length; i++) {
            var list = new ArrayList<Double>();
            for (double score : scores[i]) list.add(score);
            results.add(result("A", right[i] == 1 ? "A" : "B", right[i], list));
        }
        results.add(result("A", "A", 1, List.of()));
        double nothing = Double.NEGATIVE_INFINITY;
        results.add(result("A", "A", 1, List.of(nothing, nothing)));

        var calibration = Calibration.of(results, 10);

        assertThat(calibration.questions()).isEqualTo(8);
        assertThat(calibration.error()).isCloseTo(0.2269662631569333, within(1e-12));
        assertThat(calibration.bins().stream().map(Calibration.Bin::questions))
                .containsExactly(0L, 0L, 2L, 0L, 0L, 0L, 0L, 2L, 2L, 2L);
        assertThat(calibration.bins().get(8).confidence())
                .isCloseTo(0.8450312347310014, within(1e-12));
        assertThat(calibration.bins().get(8).accuracy()).isEqualTo(0.5);
    }

    @Test
    void lettersAreCountedAgainstTheKeys() {
        var results = new ArrayList<Result>();
        for (String key : List.of("A", "B", "B", "C", "D"))
            results.add(result("C", key, key.equals("C") ? 1 : 0, List.of()));

        var bias = LetterBias.of(results);

        assertThat(bias.letters())
                .containsExactly(
                        new LetterBias.Letter("A", 0, 1, 0),
                        new LetterBias.Letter("B", 0, 2, 0),
                        new LetterBias.Letter("C", 5, 1, 1),
                        new LetterBias.Letter("D", 0, 1, 0));
        assertThat(bias.distance()).isCloseTo(0.8, within(1e-12));
    }

    @Test
    void answersThatAreNoLettersHaveNoLetterBias() {
        assertThat(LetterBias.of(List.of(result("42", "41", 0, List.of()))).letters()).isEmpty();
    }

    private static double[] accuracy(int right, int all) {
        var values = new double[all];
        java.util.Arrays.fill(values, 0, right, 1);
        return values;
    }

    private static Result result(String choice, String key, double credit, List<Double> scores) {
        return new Result(
                "t",
                "s",
                0,
                "0".repeat(64),
                0,
                0,
                List.of(key),
                new Verdict(Verdict.Outcome.ANSWERED, choice, credit, scores),
                List.of(),
                "",
                0,
                0,
                0);
    }
}

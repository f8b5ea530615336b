package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {

    /// First outputs for seed 1234567, as published with many SplitMix64 implementations.
    @Test
    void generatorGivesThePublishedNumbers() {
        var random = new SplitMix64(1234567);
        assertThat(IntStream.range(0, 5).mapToObj(_ -> random.nextLong()).toList())
                .containsExactly(
                        6457827717110365317L,
                        3203168211198807973L,
                        Long.parseUnsignedLong("9817491932198370423"),
                        4593380528125082431L,
                        Long.parseUnsignedLong("16408922859458223821"));
    }

    @Test
    void temperatureZeroTakesTheLowestIdOfTheBest() {
        float[] logits = {1, 3, -2, 3, 0};
        assertThat(new Sampler(5, SamplingOptions.greedy()).next(logits)).isEqualTo(1);
    }

    @Test
    void penaltyCountsEachIdOnceAndPushesNegativeLogitsDown() {
        var sampler = new Sampler(3, SamplingOptions.greedy().withRepetitionPenalty(2));
        for (int i = 0; i < 5; i++) sampler.accept(0);
        sampler.accept(1);
        float[] logits = {4, -1, 1};
        sampler.next(logits);
        assertThat(logits).containsExactly(2, -2, 1);
    }

    /// logits ln 1..5 give probabilities 1/15 .. 5/15.
    @Test
    void cutsFollowTheWrittenTable() {
        var pure = SamplingOptions.pure();
        assertThat(table(pure)).containsExactly(1, 2, 3, 4, 5);
        assertThat(table(pure.withTopK(2))).containsExactly(0, 0, 0, 4, 5);
        // 5/15 + 4/15 = 0.6 is not yet 0.61
        assertThat(table(pure.withTopP(0.61))).containsExactly(0, 0, 3, 4, 5);
        assertThat(table(pure.withTopP(0.59))).containsExactly(0, 0, 0, 4, 5);
        assertThat(table(pure.withTopP(0))).containsExactly(0, 0, 0, 0, 5);
        // top-p is taken of what top-k left: 5/9 of it reaches 0.55
        assertThat(table(pure.withTopK(2).withTopP(0.55))).containsExactly(0, 0, 0, 0, 5);
        assertThat(table(pure.withMinP(0.59))).containsExactly(0, 0, 3, 4, 5);
        assertThat(table(pure.withMinP(1))).containsExactly(0, 0, 0, 0, 5);
    }

    /// Probabilities as multiples of 1/15 before renormalising: comparable across cuts.
    private static int[] table(SamplingOptions options) {
        var logits = new float[5];
        for (int i = 0; i < 5; i++) logits[i] = (float) Math.log(i + 1);
        var out = new double[5];
        new Sampler(5, options).probabilities(logits, out);
        double unit = out[4] / 5;
        return Arrays.stream(out).mapToInt(p -> (int) Math.round(p / unit)).toArray();
    }

    @Test
    void oneSeedGivesOneText() {
        for (var options :
                new SamplingOptions[] {
                    SamplingOptions.pure(), SamplingOptions.pure().withTopP(0.95)
                }) {
            assertThat(draws(options.withSeed(42), 20)).isEqualTo(draws(options.withSeed(42), 20));
            assertThat(draws(options.withSeed(42), 20))
                    .isNotEqualTo(draws(options.withSeed(43), 20));
            assertThat(draws(options, 20)).as("no seed").isNotEqualTo(draws(options, 20));
        }
    }

    private static int[] draws(SamplingOptions options, int count) {
        var sampler = new Sampler(1000, options);
        return IntStream.range(0, count).map(_ -> sampler.next(new float[1000])).toArray();
    }

    /// A chi-square bound that a right sampler passes in all but one of 10,000 seeds.
    @Test
    void frequenciesFollowTheProbabilities() {
        long seed = 7;
        int n = 40_000;
        for (var options :
                new SamplingOptions[] {
                    SamplingOptions.pure(),
                    SamplingOptions.pure().withTopK(6).withTemperature(0.7),
                    SamplingOptions.pure().withTopP(0.8),
                    SamplingOptions.pure().withMinP(0.3)
                }) {
            float[] logits = {0.3f, 2, -1, 1.5f, 0, 1, 0.7f, -3};
            var expected = new double[8];
            var sampler = new Sampler(8, options.withSeed(seed));
            sampler.probabilities(logits.clone(), expected);
            var seen = new int[8];
            for (int i = 0; i < n; i++) seen[sampler.next(logits.clone())]++;
            double chiSquare = 0;
            for (int id = 0; id < 8; id++) {
                if (expected[id] == 0) assertThat(seen[id]).isZero();
                else chiSquare += Math.pow(seen[id] - n * expected[id], 2) / (n * expected[id]);
            }
            System.out.printf("chi-square %.2f with %s%n", chiSquare, options);
            assertThat(chiSquare).as("seed %d, %s", seed, options).isLessThan(29.9);
        }
    }

    /// Heap against sort, with many ties.
    @Test
    void partialSelectionEqualsSorting() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 300; round++) {
            int n = random.nextInt(2, 60);
            float spread = random.nextBoolean() ? 2 : 0.2f; // the second has unlikely tokens
            var logits = new float[n];
            for (int i = 0; i < n; i++) logits[i] = random.nextInt(8) / spread;
            int k = random.nextInt(0, n + 2);
            double p = random.nextBoolean() ? 1 : random.nextDouble();
            var out = new double[n];
            var options = SamplingOptions.pure().withTopK(k).withTopP(p);
            new Sampler(n, options).probabilities(logits.clone(), out);
            var expected = bySorting(logits, k, p);
            for (int id = 0; id < n; id++)
                assertThat(out[id])
                        .as("seed %d, round %d, id %d of %s", seed, round, id, options)
                        .isCloseTo(expected[id], org.assertj.core.data.Offset.offset(1e-12));
        }
    }

    /// Logits a few roundings apart, which division by the temperature makes equal or not, far
    /// apart in a vocabulary of a thousand: the same tokens survive as when all are divided.
    @Test
    void tiesAreThoseAfterDivision() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        int tied = 0;
        for (int round = 0; round < 300; round++) {
            var logits = new float[1000 + random.nextInt(100)];
            for (int i = 0; i < logits.length; i++) logits[i] = (float) random.nextDouble(-9, 1);
            float base = (float) random.nextDouble(-3, 3) + 2;
            for (int i = 0; i < 20; i++)
                logits[random.nextInt(logits.length)] =
                        base + random.nextInt(-4, 5) * Math.ulp(base);
            int k = random.nextInt(1, 30);
            float temperature = (float) random.nextDouble(0.1, 4);
            var divided = logits.clone();
            for (int i = 0; i < divided.length; i++) divided[i] /= temperature;
            float[] sorted = divided.clone();
            Arrays.sort(sorted);
            float threshold = sorted[sorted.length - k];
            int kept = 0;
            for (float x : divided) if (x >= threshold) kept++;
            if (kept > k) tied++;
            var out = new double[logits.length];
            var options = SamplingOptions.pure().withTopK(k).withTemperature(temperature);
            new Sampler(logits.length, options).probabilities(logits, out);
            for (int id = 0; id < out.length; id++)
                assertThat(out[id] > 0)
                        .as("seed %d, round %d, id %d of %s", seed, round, id, options)
                        .isEqualTo(divided[id] >= threshold);
        }
        assertThat(tied).isGreaterThan(20);
    }

    private static double[] bySorting(float[] logits, int k, double p) {
        Integer[] order =
                IntStream.range(0, logits.length)
                        .boxed()
                        .sorted((a, b) -> Float.compare(logits[b], logits[a]))
                        .toArray(Integer[]::new);
        int kept = logits.length;
        if (k > 0 && k < logits.length) {
            kept = k;
            while (kept < logits.length && logits[order[kept]] == logits[order[k - 1]]) kept++;
        }
        double total = 0;
        for (int i = 0; i < kept; i++) total += Math.exp(logits[order[i]]);
        double mass = 0;
        int last = 0;
        while (last < kept && (last == 0 || mass < p * total - 1e-12))
            mass += Math.exp(logits[order[last++]]);
        var out = new double[logits.length];
        for (int i = 0; i < last; i++) out[order[i]] = Math.exp(logits[order[i]]) / mass;
        return out;
    }

    @Test
    void aTokenAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var options = SamplingOptions.baichuanChat();
        var samplers =
                new Sampler[] {
                    new Sampler(8192, SamplingOptions.greedy().withRepetitionPenalty(1.1)),
                    new Sampler(8192, options.withSeed(1)),
                    new Sampler(8192, options.withTopK(0).withSeed(1)),
                    new Sampler(8192, options.withTopK(0).withTopP(1).withSeed(1))
                };
        var random = new SplittableRandom(3);
        var base = new float[8192];
        for (int i = 0; i < base.length; i++) base[i] = (float) random.nextDouble(-8, 8);
        var logits = new float[8192];
        for (var sampler : samplers) {
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                step(sampler, base, logits, 20);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).as("bytes in 20 tokens, once warm").isZero();
        }
    }

    private static void step(Sampler sampler, float[] base, float[] logits, int count) {
        for (int i = 0; i < count; i++) {
            System.arraycopy(base, 0, logits, 0, base.length);
            sampler.accept(sampler.next(logits));
        }
    }

    @Test
    void brokenLogitsAreNamed() {
        var sampler = new Sampler(3, SamplingOptions.pure());
        assertThatThrownBy(() -> sampler.next(new float[] {1, Float.NaN, 2}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("NaN as the logit of token 1");
        float none = Float.NEGATIVE_INFINITY;
        assertThatThrownBy(() -> sampler.next(new float[] {none, none, none}))
                .isInstanceOf(IllegalStateException.class);
        assertThat(sampler.next(new float[] {none, 0, none})).isEqualTo(1);
    }

    @Test
    void wrongValuesNameTheirField() {
        var pure = SamplingOptions.pure();
        refused("temperature", () -> pure.withTemperature(-1));
        refused("temperature", () -> pure.withTemperature(Double.NaN));
        refused("top_k", () -> pure.withTopK(-1));
        refused("top_p", () -> pure.withTopP(2));
        refused("min_p", () -> pure.withMinP(-0.1));
        refused("repetition_penalty", () -> pure.withRepetitionPenalty(0));
        refused("repetition_penalty", () -> pure.withRepetitionPenalty(Double.MIN_VALUE));
    }

    private static void refused(
            String field, org.assertj.core.api.ThrowableAssert.ThrowingCallable c) {
        assertThatThrownBy(c)
                .isInstanceOfSatisfying(
                        InvalidRequestException.class, e -> assertThat(e.field()).isEqualTo(field));
    }
}

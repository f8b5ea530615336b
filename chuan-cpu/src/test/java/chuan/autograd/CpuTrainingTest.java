package chuan.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.GradientKernels;
import chuan.kernel.ScalarBf16Gemm;
import chuan.kernel.ScalarGemm;
import chuan.kernel.ScalarGradients;
import chuan.kernel.TrainingKernels;
import chuan.kernel.VectorBf16Gemm;
import chuan.kernel.VectorGemm;
import chuan.kernel.VectorGradients;
import chuan.model.Decoder;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.Weights;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpuTrainingTest {
    /// A random model of odd sizes and a random batch for it.
    private record Case(
            ModelConfig config,
            Map<String, float[]> weights,
            int sequences,
            int tokens,
            int[] ids,
            int[] segments,
            int[] wanted,
            int[] labels) {

        static Case random(SplittableRandom random) {
            int kvHeads = random.nextInt(1, 3);
            int heads = kvHeads * random.nextInt(1, 4);
            int dim = 2 * random.nextInt(1, 10);
            int vocab = random.nextInt(8, 60);
            var config =
                    new ModelConfig(
                            vocab,
                            random.nextInt(3, 50),
                            random.nextInt(3, 60),
                            random.nextInt(1, 3),
                            heads,
                            kvHeads,
                            dim,
                            256,
                            1e-5f,
                            random.nextBoolean() ? new Position.Alibi() : new Position.Rope(100),
                            false,
                            random.nextBoolean(),
                            random.nextBoolean() ? 0 : -1);
            var weights = new LinkedHashMap<String, float[]>();
            Weights.of(
                    config,
                    (name, shape) -> {
                        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
                        double size = shape.length == 1 ? 0.3 : 1 / Math.sqrt(shape[1]);
                        var w = new float[count];
                        for (int i = 0; i < count; i++)
                            w[i] =
                                    (float)
                                            (random.nextGaussian() * size
                                                    + (shape.length == 1 ? 1 : 0));
                        return weights.merge(name, w, (old, _) -> old);
                    });
            int sequences = random.nextInt(1, 4);
            int tokens = random.nextInt(1, 120);
            int[] ids = random.ints((long) sequences * tokens, 0, vocab).toArray();
            var segments = new int[random.nextBoolean() ? 0 : ids.length];
            for (int i = 1; i < segments.length; i++)
                segments[i] = segments[i - 1] + (random.nextInt(9) == 0 ? 1 : 0);
            int[] wanted =
                    IntStream.range(0, ids.length).filter(_ -> random.nextInt(3) > 0).toArray();
            int[] labels = random.ints(wanted.length, 0, vocab).toArray();
            return new Case(config, weights, sequences, tokens, ids, segments, wanted, labels);
        }

        Parameters parameters() {
            var parameters = new Parameters(config);
            parameters.all().forEach(p -> p.set(Objects.requireNonNull(weights.get(p.name()))));
            return parameters;
        }

        double backward(CpuTraining training, float factor) {
            return training.backward(sequences, tokens, ids, segments, wanted, labels, factor);
        }

        /// In double precision, with other weights.
        double loss(Map<String, double[]> values) {
            var starts = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                boolean goesOn =
                        i % tokens > 0 && (segments.length == 0 || segments[i] == segments[i - 1]);
                starts[i] = goesOn ? starts[i - 1] : i % tokens;
            }
            var tree =
                    Weights.<double[][]>of(
                            config,
                            (name, shape) -> rows(Objects.requireNonNull(values.get(name)), shape));
            var ops = new DoubleOps(config, tokens, starts, ids, wanted);
            var logits = new Decoder<>(config, tree).logits(ops, ids, wanted);
            return DoubleOps.loss(logits, Arrays.stream(labels).boxed().toList());
        }

        private static double[][] rows(double[] values, long[] shape) {
            int width = (int) shape[shape.length - 1];
            var rows = new double[values.length / width][];
            for (int i = 0; i < rows.length; i++)
                rows[i] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
            return rows;
        }
    }

    private static float[] gradients(Parameters parameters) {
        var all = new ArrayList<float[]>();
        for (var p : parameters.all()) all.add(p.gradient().toArray(ValueLayout.JAVA_FLOAT));
        var out = new float[all.stream().mapToInt(g -> g.length).sum()];
        int at = 0;
        for (var g : all) {
            System.arraycopy(g, 0, out, at, g.length);
            at += g.length;
        }
        return out;
    }

    /// Every kind of weight, so every verb: central differences in double precision. Their own
    /// error is about 1e-9; that of fp32 gradients some 1e-6 of the largest among them, so 2e-5 of
    /// it is allowed.
    @Test
    void gradientsEqualFiniteDifferences() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 12; round++) {
            var c = Case.random(random);
            try (var pool = new WorkerPool(2);
                    var parameters = c.parameters();
                    var training =
                            new CpuTraining(
                                    c.config(),
                                    parameters,
                                    random.nextBoolean(),
                                    new ScalarGemm(),
                                    new ScalarGradients(),
                                    pool)) {
                var values = new HashMap<String, double[]>();
                c.weights()
                        .forEach((name, w) ->
                                values.put(
                                        name,
                                        IntStream.range(0, w.length)
                                                .mapToDouble(i -> w[i])
                                                .toArray()));
                double loss = c.backward(training, 1);
                String at = "seed " + seed + " round " + round + " " + c.config();
                assertThat(loss).as(at).isCloseTo(c.loss(values), within(1e-5 * (1 + loss)));
                for (var p : parameters.all()) {
                    float[] g = p.gradient().toArray(ValueLayout.JAVA_FLOAT);
                    double largest = 1e-3;
                    for (float x : g) largest = Math.max(largest, Math.abs(x));
                    boolean embedding = p.name().equals(Weights.EMBEDDING);
                    for (int probe = 0; probe < 4; probe++) {
                        int i = random.nextInt(g.length);
                        boolean pad = i / p.columns() == c.config().padId();
                        if (embedding && pad) continue; // its row is not trained as an input
                        double expected = difference(c, values, p.name(), i);
                        assertThat((double) g[i])
                                .as("%s %s[%d]", at, p.name(), i)
                                .isCloseTo(expected, within(2e-5 * largest));
                    }
                }
            }
        }
    }

    private static double difference(Case c, Map<String, double[]> values, String name, int index) {
        double[] w = Objects.requireNonNull(values.get(name));
        double before = w[index];
        double h = 1e-5;
        w[index] = before + h;
        double above = c.loss(values);
        w[index] = before - h;
        double below = c.loss(values);
        w[index] = before;
        return (above - below) / (2 * h);
    }

    /// Kernels, threads, and whether layers are run again decide how fast and in how much memory,
    /// never what: two steps with AdamW end in the same bits.
    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void theSameBitsWithAllKernelsAndThreadsAndWithRecomputation(String precision) {
        boolean rounds = precision.equals("bf16");
        var fastest = TrainingKernels.select();
        var order = fastest.bf16().order();
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < (rounds ? 4 : 10); round++) {
            var c = Case.random(random);
            BlockProduct products = rounds ? new ScalarBf16Gemm(order) : new ScalarGemm();
            var reference = afterTwoSteps(c, false, products, new ScalarGradients(), 1);
            List<BlockProduct> others =
                    rounds
                            ? List.of(new VectorBf16Gemm(order), fastest.bf16())
                            : List.of(new VectorGemm(), fastest.gemm());
            for (var other : others)
                for (int threads = 1; threads <= 4; threads++) {
                    boolean recompute = threads % 2 == 0;
                    assertThat(afterTwoSteps(c, recompute, other, new VectorGradients(), threads))
                            .as("seed %d round %d %s %d", seed, round, other.name(), threads)
                            .isEqualTo(reference);
                }
        }
    }

    private static float[] afterTwoSteps(
            Case c,
            boolean recompute,
            BlockProduct products,
            GradientKernels kernels,
            int threads) {
        try (var pool = new WorkerPool(threads);
                var parameters = c.parameters();
                var training =
                        new CpuTraining(
                                c.config(), parameters, recompute, products, kernels, pool);
                var optimizer = new AdamW(parameters.all(), 0.9, 0.95, 1e-8, 0.1, kernels, pool)) {
            var norm = new GradientNorm(parameters.all(), kernels, pool);
            var all = new ArrayList<Float>();
            for (int step = 0; step < 2; step++) {
                c.backward(training, 0.1f);
                for (float x : gradients(parameters)) all.add(x);
                optimizer.step(1e-2, 1 / (1 + norm.measure()));
                assertThat(gradients(parameters)).containsOnly(0);
            }
            for (var p : parameters.all())
                for (float x : p.data().toArray(ValueLayout.JAVA_FLOAT)) all.add(x);
            var out = new float[all.size()];
            for (int i = 0; i < out.length; i++) out[i] = all.get(i);
            return out;
        }
    }

    /// What a step takes is known beforehand, and keeping the beginnings of layers only saves the
    /// values of all but one: here of seven in eight, less what the head needs.
    @Test
    void memoryIsAsPlannedAndLessWithRecomputation() {
        var config = ModelConfig.baichuan(64, 64, 160, 8, 4, new Position.Alibi());
        int tokens = 128;
        var bytes = new long[2];
        for (boolean recompute : new boolean[] {false, true})
            try (var pool = new WorkerPool(2);
                    var parameters = new Parameters(config);
                    var training =
                            new CpuTraining(
                                    config,
                                    parameters,
                                    recompute,
                                    new VectorGemm(),
                                    new VectorGradients(),
                                    pool)) {
                int[] rows = IntStream.range(0, tokens).toArray();
                training.backward(1, tokens, new int[tokens], new int[0], rows, rows, 1);
                var plan =
                        CpuTraining.memory(
                                config,
                                1,
                                tokens,
                                recompute,
                                new VectorGemm(),
                                new VectorGradients(),
                                pool);
                assertThat(training.bytes()).isEqualTo(plan.values() + plan.scratch());
                assertThat(plan.weights())
                        .isBetween(4 * parameters.count(), 5 * parameters.count());
                bytes[recompute ? 1 : 0] = plan.values();
            }
        assertThat(bytes[1]).isLessThan(bytes[0] / 3);
    }

    /// Batches of many shapes use one memory, so what one leaves there must not reach another.
    @Test
    void batchesOfOtherShapesLeaveNothingBehind() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var c = Case.random(random);
        var kernels = TrainingKernels.select();
        try (var pool = new WorkerPool(2);
                var parameters = c.parameters();
                var training =
                        new CpuTraining(
                                c.config(),
                                parameters,
                                false,
                                kernels.products("auto"),
                                kernels.gradients(),
                                pool)) {
            double loss = c.backward(training, 1);
            float[] gradients = gradients(parameters);
            for (int i = 0; i < 20; i++) {
                int sequences = random.nextInt(1, 5);
                int tokens = random.nextInt(1, 130);
                int rows = sequences * tokens;
                int[] ids = random.ints(rows, 0, c.config().vocab()).toArray();
                int[] all = IntStream.range(0, rows).toArray();
                training.backward(sequences, tokens, ids, new int[0], all, ids, 1);
                if (i % 5 > 0) continue;
                parameters.clearGradients();
                assertThat(c.backward(training, 1)).as("seed %d", seed).isEqualTo(loss);
                assertThat(gradients(parameters)).as("seed %d", seed).isEqualTo(gradients);
            }
        }
    }

    /// Two batches whose gradients add up equal one of both, up to the order of sums; and a loss
    /// without gradients leaves them as they are.
    @Test
    void gradientsAddUpAndLossesLeaveThemAlone() {
        var c = Case.random(new SplittableRandom(5));
        try (var pool = new WorkerPool(1);
                var parameters = c.parameters();
                var training =
                        new CpuTraining(
                                c.config(),
                                parameters,
                                false,
                                new ScalarGemm(),
                                new ScalarGradients(),
                                pool)) {
            double loss = c.backward(training, 1);
            float[] once = gradients(parameters);
            assertThat(
                            training.loss(
                                    c.sequences(),
                                    c.tokens(),
                                    c.ids(),
                                    c.segments(),
                                    c.wanted(),
                                    c.labels()))
                    .isEqualTo(loss);
            assertThat(gradients(parameters)).isEqualTo(once);
            c.backward(training, 1);
            float[] twice = gradients(parameters);
            float largest = 0;
            for (float x : once) largest = Math.max(largest, Math.abs(x));
            for (int i = 0; i < once.length; i++)
                assertThat(twice[i]).isCloseTo(2 * once[i], within(1e-5f * largest));
        }
    }
}

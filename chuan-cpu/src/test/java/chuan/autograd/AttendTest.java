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
import chuan.kernel.VectorGradients;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Attention and its derivative by themselves, against plain loops in double precision.
class AttendTest {
    /// A batch of random queries, keys, values and gradients of the output.
    private record Case(
            ModelConfig config,
            int sequences,
            int tokens,
            float[] qkv,
            float[] dOut,
            int[] starts) {

        static Case random(SplittableRandom random, int most) {
            int kvHeads = random.nextInt(1, 3);
            int heads = kvHeads * random.nextInt(1, 3);
            int dim = random.nextBoolean() ? 2 * random.nextInt(1, 65) : 32 * random.nextInt(1, 5);
            var position = random.nextBoolean() ? new Position.Alibi() : new Position.Rope(1000);
            int tokens = random.nextInt(4) == 0 ? 1 : random.nextInt(1, most);
            return of(random, heads, kvHeads, dim, position, random.nextInt(1, 3), tokens);
        }

        static Case of(
                SplittableRandom random,
                int heads,
                int kvHeads,
                int dim,
                Position position,
                int sequences,
                int tokens) {
            var config =
                    new ModelConfig(
                            8, 8, 8, 1, heads, kvHeads, dim, 4096, 1e-5f, position, false, true, 0);
            int rows = sequences * tokens;
            var starts = new int[rows];
            boolean packed = random.nextBoolean();
            for (int i = 0; i < rows; i++) {
                boolean begins = i % tokens == 0 || (packed && random.nextInt(50) == 0);
                starts[i] = begins ? i % tokens : starts[i - 1];
            }
            var qkv = gaussian(random, rows * (heads + 2 * kvHeads) * dim);
            return new Case(
                    config, sequences, tokens, qkv, gaussian(random, rows * heads * dim), starts);
        }

        private static float[] gaussian(SplittableRandom random, int n) {
            var x = new float[n];
            for (int i = 0; i < n; i++) x[i] = (float) random.nextGaussian();
            return x;
        }

        int outWidth() {
            return config.heads() * config.headDim();
        }

        int width() {
            return (config.heads() + 2 * config.kvHeads()) * config.headDim();
        }

        /// Output and gradient of queries, keys and values.
        float[][] run(BlockProduct products, GradientKernels kernels, int threads) {
            try (var pool = new WorkerPool(threads);
                    var arena = Arena.ofShared()) {
                var step = new Step(products, kernels, pool);
                step.starts = starts;
                var rows = new Value.Rows(sequences * tokens);
                var in = new Value(rows, width(), buffer(qkv.length, arena));
                in.gradient = buffer(qkv.length, arena);
                var out = new Value(rows, outWidth(), buffer(dOut.length, arena));
                out.gradient = buffer(dOut.length, arena);
                put(in.data, qkv);
                put(out.gradient, dOut);
                long kept = (long) sequences * config.heads() * tokens;
                var attend =
                        new Attend(
                                step,
                                config,
                                sequences,
                                tokens,
                                in,
                                out,
                                buffer(kept, arena),
                                buffer(kept, arena),
                                new Rotation(config, tokens));
                step.scratch.reserve(Attend.ownBytes(step, config, tokens), 64);
                attend.forward(step);
                attend.backward(step);
                var results = new float[][] {get(out.data), get(in.gradient)};
                step.scratch.close();
                return results;
            }
        }

        private static Buffer buffer(long floats, Arena arena) {
            var buffer = new Buffer(floats);
            buffer.placeIn(arena.allocate(buffer.bytes(), Buffer.ALIGNMENT).address());
            return buffer;
        }

        private static void put(Buffer to, float[] values) {
            for (int i = 0; i < values.length; i++) Floats.put(to.address(), i, values[i]);
        }

        private static float[] get(Buffer from) {
            var values = new float[(int) from.floats];
            for (int i = 0; i < values.length; i++) values[i] = Floats.get(from.address(), i);
            return values;
        }

        /// The same in double precision, by the definition.
        double[][] expected() {
            var out = new double[dOut.length];
            var dQkv = new double[qkv.length];
            int dim = config.headDim();
            int group = config.heads() / config.kvHeads();
            for (int row = 0; row < sequences * tokens; row++)
                for (int head = 0; head < config.heads(); head++) {
                    int at = row * outWidth() + head * dim;
                    one(row, head, config.heads() + head / group, at, out, dQkv);
                }
            return new double[][] {out, dQkv};
        }

        private void one(int row, int head, int key, int at, double[] out, double[] dQkv) {
            int dim = config.headDim();
            int first = row / tokens * tokens + starts[row];
            int value = (key + config.kvHeads()) * dim;
            double scale = 1 / Math.sqrt(dim);
            double slope = config.position().slope(head, config.heads());
            double[] query = turned(row, head);
            var weights = new double[row - first + 1];
            double max = Double.NEGATIVE_INFINITY;
            for (int t = 0; t < weights.length; t++) {
                double[] k = turned(first + t, key);
                for (int i = 0; i < dim; i++) weights[t] += query[i] * k[i] * scale;
                weights[t] += slope * (first + t - row);
                max = Math.max(max, weights[t]);
            }
            double sum = 0;
            for (int t = 0; t < weights.length; t++) sum += weights[t] = Math.exp(weights[t] - max);
            var dWeights = new double[weights.length];
            double delta = 0;
            for (int t = 0; t < weights.length; t++) {
                weights[t] /= sum;
                for (int i = 0; i < dim; i++) {
                    int v = (first + t) * width() + value + i;
                    out[at + i] += weights[t] * qkv[v];
                    dWeights[t] += dOut[at + i] * (double) qkv[v];
                    dQkv[v] += weights[t] * dOut[at + i];
                }
                delta += weights[t] * dWeights[t];
            }
            var dQuery = new double[dim];
            for (int t = 0; t < weights.length; t++) {
                double d = weights[t] * (dWeights[t] - delta) * scale;
                double[] k = turned(first + t, key);
                var dKey = new double[dim];
                for (int i = 0; i < dim; i++) {
                    dQuery[i] += d * k[i];
                    dKey[i] = d * query[i];
                }
                addTurnedBack(dKey, first + t, key, dQkv);
            }
            addTurnedBack(dQuery, row, head, dQkv);
        }

        private double[] turned(int row, int head) {
            int dim = config.headDim();
            var x = new double[dim];
            for (int i = 0; i < dim; i++) x[i] = qkv[row * width() + head * dim + i];
            return turned(x, row % tokens);
        }

        private void addTurnedBack(double[] x, int row, int head, double[] to) {
            double[] back = turned(x, -(row % tokens));
            for (int i = 0; i < x.length; i++) to[row * width() + head * x.length + i] += back[i];
        }

        private double[] turned(double[] x, int position) {
            double[] frequencies = config.position().frequencies(x.length);
            var out = x.clone();
            int half = frequencies.length;
            for (int i = 0; i < half; i++) {
                double c = Math.cos(position * frequencies[i]);
                double s = Math.sin(position * frequencies[i]);
                out[i] = x[i] * c - x[i + half] * s;
                out[i + half] = x[i + half] * c + x[i] * s;
            }
            return out;
        }
    }

    /// fp32 errs by some 1e-6 of the largest element. Operands in bf16 are off by up to 2^-9 each;
    /// of an element that is a sum over many, by 2 % of the largest at most.
    private static void close(String what, Case c, float[][] actual, double allowed) {
        double[][] expected = c.expected();
        for (int part = 0; part < expected.length; part++) {
            double largest = Arrays.stream(expected[part]).map(Math::abs).max().orElse(0);
            for (int i = 0; i < expected[part].length; i++)
                assertThat((double) actual[part][i])
                        .as("%s, part %d, element %d", what, part, i)
                        .isCloseTo(expected[part][i], within(allowed * (largest + 1e-3)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void theDefinitionAndTheSameBitsFromAll(String precision) {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var kernels = TrainingKernels.select();
        var fastest = kernels.products(precision);
        boolean rounds = precision.equals("bf16");
        BlockProduct scalar =
                rounds ? new ScalarBf16Gemm(kernels.bf16().order()) : new ScalarGemm();
        for (int round = 0; round < 8; round++) {
            var c = Case.random(random, 330);
            String what = "seed %d round %d %s".formatted(seed, round, c.config());
            float[][] actual = c.run(fastest, new VectorGradients(), 2);
            close(what, c, actual, rounds ? 2e-2 : 2e-5);
            if (round >= 4) continue; // scalar products take their time
            assertThat(c.run(scalar, new ScalarGradients(), 1)).as(what).isDeepEqualTo(actual);
            assertThat(c.run(fastest, new VectorGradients(), 3)).as(what).isDeepEqualTo(actual);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void longContexts(String precision) {
        var random = new SplittableRandom(7);
        var kernels = TrainingKernels.select();
        for (var position : new Position[] {new Position.Alibi(), new Position.Rope(10_000)}) {
            var c = Case.of(random, 2, 1, 32, position, 1, 1100);
            float[][] actual = c.run(kernels.products(precision), kernels.gradients(), 2);
            close(precision + " " + position, c, actual, precision.equals("bf16") ? 2e-2 : 2e-5);
        }
    }

    /// No matrix of positions by positions anywhere: twice the context takes twice the memory.
    @Test
    void memoryGrowsWithTheContextNotWithItsSquare() {
        var kernels = TrainingKernels.select();
        try (var pool = new WorkerPool(1)) {
            for (String precision : new String[] {"fp32", "bf16"}) {
                var step = new Step(kernels.products(precision), kernels.gradients(), pool);
                var config =
                        Case.of(new SplittableRandom(1), 4, 4, 128, new Position.Rope(1e4), 1, 1);
                long half = Attend.ownBytes(step, config.config(), 2048);
                long whole = Attend.ownBytes(step, config.config(), 4096);
                assertThat(whole).isBetween(half, 2 * half);
                assertThat(whole).as("bytes of a thread").isLessThan(32L << 20);
                step.scratch.close();
            }
        }
    }
}

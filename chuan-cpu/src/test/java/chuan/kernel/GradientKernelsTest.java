package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// [VectorGradients] gives the bits of [ScalarGradients], which is the definition.
class GradientKernelsTest {
    private static final int ARRAYS = 5;

    private interface Call {
        void run(GradientKernels kernels, long[] x, float[] sums, float[] results);
    }

    private static void same(String what, int n, SplittableRandom random, Call call) {
        try (var arena = Arena.ofConfined()) {
            var memory = new MemorySegment[2][ARRAYS];
            for (int i = 0; i < ARRAYS; i++) {
                memory[0][i] = arena.allocate(4L * n, 64);
                for (int k = 0; k < n; k++)
                    memory[0][i].setAtIndex(
                            ValueLayout.JAVA_FLOAT, k, (float) random.nextDouble(-6, 6));
                memory[1][i] = arena.allocate(4L * n, 64).copyFrom(memory[0][i]);
            }
            var results = new float[2][4];
            for (int twin = 0; twin < 2; twin++) {
                var x = new long[ARRAYS];
                for (int i = 0; i < ARRAYS; i++) x[i] = memory[twin][i].address();
                var kernels = twin == 0 ? new ScalarGradients() : new VectorGradients();
                call.run(kernels, x, new float[Kernels.LANES], results[twin]);
            }
            assertThat(results[1]).as(what).isEqualTo(results[0]);
            for (int i = 0; i < ARRAYS; i++)
                assertThat(memory[1][i].toArray(ValueLayout.JAVA_FLOAT))
                        .as("%s, array %d of %d", what, i, n)
                        .isEqualTo(memory[0][i].toArray(ValueLayout.JAVA_FLOAT));
        }
    }

    @Test
    void theBitsOfTheDefinition() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            int n = random.nextBoolean() ? 32 * random.nextInt(1, 7) : random.nextInt(1, 200);
            boolean adds = random.nextBoolean();
            String at = "seed " + seed + " round " + round + " ";
            same(
                    at + "rmsNorm",
                    n,
                    random,
                    (k, x, s, r) -> r[0] = k.rmsNorm(x[0], x[1], n, 1e-5f, x[2], s));
            same(
                    at + "rmsNormGradient",
                    n,
                    random,
                    (k, x, s, r) ->
                            k.rmsNormGradient(x[0], x[1], 0.3f, x[2], n, x[3], adds, x[4], s));
            same(at + "swiglu", n, random, (k, x, s, r) -> k.swiglu(x[0], x[1], n, x[2]));
            same(
                    at + "swigluGradient",
                    n,
                    random,
                    (k, x, s, r) -> k.swigluGradient(x[0], x[1], x[2], n, x[0], x[1]));
            same(at + "add", n, random, (k, x, s, r) -> k.add(x[0], x[1], n, x[0]));
            same(
                    at + "blend",
                    n,
                    random,
                    (k, x, s, r) -> k.blend(0.95f, x[0], 0.3f, x[1], n, x[1]));
            same(at + "dot", n, random, (k, x, s, r) -> r[0] = k.dot(x[0], x[1], n, s));
            int last = random.nextInt(n);
            int from = random.nextInt(last + 1);
            same(
                    at + "softmax",
                    n,
                    random,
                    (k, x, s, r) -> r[0] = k.softmax(x[0], from, last, n, 0.7f, 0.2f, s));
            same(
                    at + "softmaxGradient",
                    n,
                    random,
                    (k, x, s, r) ->
                            k.softmaxGradient(x[0], x[1], from, last, n, 0.7f, 0.2f, 5.5f, 0.4f));
            float factor = adds ? 0.01f : 0;
            same(
                    at + "crossEntropy",
                    n,
                    random,
                    (k, x, s, r) -> {
                        r[0] = k.crossEntropy(x[0], n, last, factor, s);
                        // without a factor what is left of the logits means nothing
                        if (factor == 0) k.add(x[1], x[1], n, x[0]);
                    });
            var settings = new GradientKernels.AdamWSettings(0.9f, 0.95f, 1e-8f);
            same(
                    at + "adamW",
                    n,
                    random,
                    (k, x, s, r) -> {
                        k.swiglu(x[4], x[4], n, x[3]); // second moments are not negative
                        k.adamW(x[0], x[1], x[2], x[3], n, 0.5f, 0.99f, 1e-3f, 1.7f, settings);
                    });
        }
    }
}

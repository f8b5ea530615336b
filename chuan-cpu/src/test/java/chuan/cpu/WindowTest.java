package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Pages that attention leaves out cannot matter: within the bound that [AttentionTile] proves, and
/// always the same ones.
class WindowTest {
    private static final long SEED = Long.getLong("chuan.seed", 17);
    private static final int POSITIONS = 4096;

    /// What the pages left out can change, of the largest value.
    private static final double LOST = 2 * Math.exp(-20);

    /// The slopes of 13B with narrow heads.
    private static final ModelConfig CONFIG =
            ModelConfig.baichuan(10, 40 * 16, 8, 1, 40, new Position.Alibi());

    /// Against attention to everything. Both round: sums of up to 4,096 weighted values in fp32,
    /// with a relative error of at most 4,096 `u` each (Higham 2002, section 3.1), and in practice
    /// of a few.
    @ParameterizedTest
    @CsvSource({"F32, 1", "F16, 0.1", "INT8, 3"})
    void withinTheBoundAtRealSlopes(KvType kv, float size) {
        float[] input = random(new Random(SEED), POSITIONS * CONFIG.qkvWidth(), size);
        var full = attend(input, kv, "vector", 2, Window.OFF, 128);
        var cut = attend(input, kv, "vector", 2, Window.AUTO, 128);
        double largestValue = 0;
        for (int i = 0; i < input.length; i++)
            if (i % CONFIG.qkvWidth() >= 2 * CONFIG.hidden())
                largestValue = Math.max(largestValue, Math.abs(input[i]));
        double largest = 0;
        for (int i = 0; i < full.out.length; i++)
            largest = Math.max(largest, Math.abs((double) full.out[i] - cut.out[i]));
        double share = (double) cut.leftOut / cut.considered;
        System.out.printf(
                "%s, size %s: %.1f %% left out, largest difference %.1e of the largest value%n",
                kv, size, 100 * share, largest / largestValue);
        assertThat(full.leftOut).isZero();
        assertThat(cut.considered).isEqualTo(full.considered).isEqualTo(pairs());
        assertThat(share).isBetween(0.3, 0.95);
        double rounding = 2.0 * POSITIONS * Math.ulp(1f) / 2;
        assertThat(largest).isLessThanOrEqualTo((LOST + rounding) * largestValue);
        // and far below what rounding may do
        assertThat(largest).isLessThanOrEqualTo((LOST + 32 * Math.ulp(1f)) * largestValue);
    }

    /// Pages before the own one, of all queries and heads.
    private static long pairs() {
        long pages = POSITIONS / 64;
        return 40 * 64 * (pages * (pages - 1) / 2);
    }

    @ParameterizedTest
    @EnumSource
    void theSameBitsHoweverItIsComputed(KvType kv) {
        int rows = 1024;
        float[] input = random(new Random(SEED), rows * CONFIG.qkvWidth(), 1);
        var expected = attend(input, kv, "vector", 1, Window.AUTO, 128);
        assertThat(expected.leftOut).isPositive();
        for (int step : new int[] {1, 37, 128}) {
            var actual = attend(input, kv, "vector", 3, Window.AUTO, step);
            assertThat(actual.out).as("steps of %d", step).isEqualTo(expected.out);
            assertThat(actual.leftOut).isEqualTo(expected.leftOut);
        }
        var scalar = attend(input, kv, "scalar", 2, Window.AUTO, 64);
        assertThat(scalar.out).isEqualTo(expected.out);
    }

    /// One long key, far away, that a steep head's query points at.
    @Test
    void whatMattersIsSeenFromFar() {
        int rows = 640;
        int place = 70;
        float[] input = random(new Random(SEED), rows * CONFIG.qkvWidth(), 1);
        int query = (rows - 1) * CONFIG.qkvWidth();
        int key = place * CONFIG.qkvWidth() + CONFIG.hidden();
        for (int i = 0; i < 16; i++) {
            // slope 2^-0.25 of head 0 times 569 positions is 478; 16 * 16 * 10 / 4 is 640
            input[query + i] = 16;
            input[key + i] = 10;
        }
        var actual = attend(input, KvType.F32, "vector", 1, Window.AUTO, 128);
        assertThat(actual.leftOut).isPositive();
        float[] out = actual.out;
        int at = (rows - 1) * CONFIG.queryWidth();
        int value = place * CONFIG.qkvWidth() + 2 * CONFIG.hidden();
        assertThat(Arrays.copyOfRange(out, at, at + 16))
                .isEqualTo(Arrays.copyOfRange(input, value, value + 16));
    }

    private record Attended(float[] out, long considered, long leftOut) {}

    private static Attended attend(
            float[] input, KvType kv, String kernels, int threads, Window window, int stepRows) {
        int rows = input.length / CONFIG.qkvWidth();
        var out = new float[rows * CONFIG.queryWidth()];
        try (var pool = new WorkerPool(threads);
                var pages = new KvPages(CONFIG, kv)) {
            var chosen = KernelSelector.forced(kernels).kernels();
            var attention = new Attention(CONFIG, chosen, pool, window);
            var cache = pages.newCache(rows);
            var step = new Step(stepRows);
            for (int from = 0; from < rows; from += stepRows) {
                int n = Math.min(stepRows, rows - from);
                attention.begin(step.clear().add(cache, new int[n], 0, n, 0));
                var qkv = new Activation().shape(n, CONFIG.qkvWidth());
                var result = new Activation().shape(n, CONFIG.queryWidth());
                System.arraycopy(input, from * qkv.width(), qkv.data(), 0, qkv.size());
                attention.attend(0, qkv, result);
                cache.extend(n);
                System.arraycopy(result.data(), 0, out, from * result.width(), result.size());
            }
            return new Attended(out, attention.pagesConsidered(), attention.pagesLeftOut());
        }
    }

    private static float[] random(Random random, int n, float size) {
        var x = new float[n];
        for (int i = 0; i < n; i++) x[i] = size * (float) random.nextGaussian();
        return x;
    }

    /// Logits of 1,500 tokens and a greedy continuation, with and without.
    @ParameterizedTest
    @ValueSource(strings = {"tiny-alibi", "tiny-rope"})
    void goldenModelsSayTheSame(String name) {
        int length = name.equals("tiny-alibi") ? 1500 : 300;
        int[] ids = GoldenModel.read(name).input(length).ids();
        var options = CpuOptions.defaults();
        var folder = ModelFolder.open(GoldenModel.folder(name));
        try (var full = CpuBackend.load(folder, options.withWindow(Window.OFF));
                var cut = CpuBackend.load(folder, options.withWindow(Window.AUTO));
                var fullCache = full.newCache(length + 40);
                var cutCache = cut.newCache(length + 40)) {
            int vocab = full.config().vocab();
            var expected = new float[length * vocab];
            var actual = new float[length * vocab];
            full.forward(fullCache, ids, 0, length, length, expected);
            cut.forward(cutCache, ids, 0, length, length, actual);
            double largest = 0;
            for (int i = 0; i < actual.length; i++)
                largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
            System.out.printf(
                    "%s, %d tokens: %d of %d pages left out, largest difference of a logit %.1e%n",
                    name, length, cut.pagesLeftOut(), cut.pagesConsidered(), largest);
            assertThat(full.pagesLeftOut()).isZero();
            assertThat(cut.pagesLeftOut() > 0).isEqualTo(name.equals("tiny-alibi"));
            // a tenth of what fp32 may differ from the official results
            assertThat(largest).isLessThan(1e-4);
            var token = new int[] {ids[length - 1]};
            for (int i = 0; i < 32; i++) {
                full.forward(fullCache, token, 0, 1, 1, expected);
                cut.forward(cutCache, token, 0, 1, 1, actual);
                token[0] = argmax(expected, vocab);
                assertThat(argmax(actual, vocab)).as("token %d", i).isEqualTo(token[0]);
            }
        }
    }

    private static int argmax(float[] x, int n) {
        int best = 0;
        for (int i = 1; i < n; i++) if (x[i] > x[best]) best = i;
        return best;
    }
}

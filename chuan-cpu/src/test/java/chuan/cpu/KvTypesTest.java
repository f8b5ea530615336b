package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What keys and values in fewer bits cost: the distance from exact ones.
class KvTypesTest {

    static java.util.List<String> models() {
        return GoldenModel.NAMES;
    }

    /// The rounding error of an element is about 2e-4 of it in fp16 (a uniform error of one unit in
    /// the 11th bit), and 4.5e-3 of a typical one in int8 where the largest of 16 to 24 normal ones
    /// is 2 standard deviations (2 / 127 / sqrt(12)): 22 times as much. These models were not
    /// trained; their sharp softmax makes up to ten times as much of it.
    @ParameterizedTest
    @MethodSource("models")
    void logitsStayCloseToTheExactOnes(String name) {
        float[] exact = logits(name, KvType.F32);
        double half = distance(exact, logits(name, KvType.F16));
        double bytes = distance(exact, logits(name, KvType.INT8));
        System.out.printf(
                "%s, 300 tokens: root mean square of the logits %.2f, of the difference %.1e with"
                        + " fp16, %.1e with int8 keys and values%n",
                name, distance(exact, new float[exact.length]), half, bytes);
        double size = distance(exact, new float[exact.length]);
        assertThat(half).isPositive().isLessThan(10 * 2e-4 * size);
        assertThat(bytes).isBetween(22 / 2 * half, 22 * 2 * half);
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += Math.pow((double) a[i] - b[i], 2);
        return Math.sqrt(sum / a.length);
    }

    private static float[] logits(String name, KvType kv) {
        int[] ids = GoldenModel.read(name).input(300).ids();
        var options = new CpuOptions(2, KernelSelector.select(), WeightType.AS_STORED, kv);
        try (var backend = CpuBackend.load(ModelFolder.open(GoldenModel.folder(name)), options);
                var cache = backend.newCache(ids.length)) {
            var logits = new float[ids.length * backend.config().vocab()];
            backend.forward(cache, ids, 0, ids.length, ids.length, logits);
            assertThat(backend.description())
                    .contains("keys and values " + kv.name().toLowerCase(java.util.Locale.ROOT));
            return logits;
        }
    }
}

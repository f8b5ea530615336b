package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.kernel.Tiers;
import chuan.model.KvType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The logits of a text have the same bits however it is divided into calls, on any number of
/// threads, with any kernels, and after a part was taken back; for every number format of weights
/// and of keys and values.
class SameBitsTest {
    private static final long SEED = Long.getLong("chuan.seed", 3);

    static java.util.List<String> models() {
        return GoldenModel.NAMES;
    }

    @ParameterizedTest
    @MethodSource("models")
    void howeverItIsComputed(String name) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        int[] ids = GoldenModel.read(name).input(300).ids();
        for (var type : new WeightType[] {WeightType.AS_STORED, WeightType.BF16, WeightType.INT8})
            howeverItIsComputed(folder, ids, type, KvType.F32);
        for (var kv : new KvType[] {KvType.F16, KvType.INT8})
            howeverItIsComputed(folder, ids, WeightType.AS_STORED, kv);
    }

    private static void howeverItIsComputed(
            ModelFolder folder, int[] ids, WeightType type, KvType kv) {
        float[] expected = logits(folder, ids, "vector", 1, type, kv, new int[] {ids.length});
        var random = new Random(SEED);
        for (int threads = 1; threads <= 3; threads++)
            assertThat(logits(folder, ids, "vector", threads, type, kv, cuts(random, ids.length)))
                    .as(
                            "%s, %s, kv %s, %d threads, seed %d",
                            folder.path(), type, kv, threads, SEED)
                    .isEqualTo(expected);
        for (String kernels : Tiers.here())
            assertThat(logits(folder, ids, kernels, 2, type, kv, cuts(random, ids.length)))
                    .as("%s, %s, kv %s, %s, seed %d", folder.path(), type, kv, kernels, SEED)
                    .isEqualTo(expected);
    }

    private static int[] cuts(Random random, int length) {
        return random.ints(0, length).limit(9).sorted().distinct().toArray();
    }

    /// All logits; the text is fed in pieces that end at `cuts`, with a detour after each.
    private static float[] logits(
            ModelFolder folder,
            int[] ids,
            String kernels,
            int threads,
            WeightType type,
            KvType kv,
            int[] cuts) {
        var options = new CpuOptions(threads, KernelSelector.forced(kernels), type, kv);
        try (var backend = CpuBackend.load(folder, options);
                var cache = backend.newCache(ids.length + 5)) {
            int vocab = backend.config().vocab();
            var out = new float[ids.length * vocab];
            int from = 0;
            for (int to : Arrays.copyOf(cuts, cuts.length + 1)) {
                if (to == 0) to = ids.length;
                if (to == from) continue;
                var piece = new float[(to - from) * vocab];
                backend.forward(cache, ids, from, to, to - from, piece);
                System.arraycopy(piece, 0, out, from * vocab, piece.length);
                from = to;
                backend.forward(cache, ids, 0, 5, 0, piece);
                cache.truncate(from);
            }
            return out;
        }
    }
}

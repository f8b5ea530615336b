package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.files.TensorData;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.kernel.Tiers;
import chuan.model.Backend;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.ReferenceBackend;
import chuan.model.Weights;
import chuan.quant.BlockScheme;
import chuan.quant.ErrorSum;
import chuan.quant.MatrixQuantizer;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/// Models of blocks and panels compute what their weights decode to, with the same bits however a
/// text is divided into calls and whoever computes it.
class QuantizedModelTest {
    static final List<String> GGUF =
            List.of("llama-gqa/Q4_0", "llama-gqa/Q8_0", "llama-gqa-256/Q4_K_M");

    private static final long SEED = Long.getLong("chuan.seed", 9);
    private static final int TOKENS = 90;

    /// As for the golden models, whose logits reach about 10: fp32 sums in another order. With tied
    /// embeddings logits are larger, and their errors with them.
    private static final float LIMIT = 2e-4f;

    @ParameterizedTest
    @CsvSource({
        "tiny-alibi, INT4, false",
        "tiny-alibi, INT8, true",
        "tiny-rope, INT4, true",
        "tiny-llama-gqa, INT8, false"
    })
    void panels(String name, BlockScheme scheme, boolean tied) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        var stored = folder.weights(tensor -> quantized(tensor, scheme));
        if (tied)
            stored =
                    new Weights<>(
                            stored.embedding(),
                            stored.blocks(),
                            stored.finalNorm(),
                            stored.embedding());
        var config = folder.config();
        var loader = new WeightLoader(WeightType.AS_STORED);
        var weights = map(stored, loader::convert);
        int[] ids = new Random(SEED).ints(TOKENS, 0, config.vocab()).toArray();
        float[] expected;
        try (var reference = new ReferenceBackend(config, map(stored, TensorData::toRows))) {
            expected = logits(reference, ids, new int[] {TOKENS});
        }
        float[] whole =
                logits(config, weights, ActivationType.F32, "vector", 1, ids, new int[] {TOKENS});
        float largest = 0;
        float size = 0;
        for (int i = 0; i < whole.length; i++) {
            largest = Math.max(largest, Math.abs(whole[i] - expected[i]));
            size = Math.max(size, Math.abs(expected[i]));
        }
        float limit = LIMIT * Math.max(1, size / 10);
        System.out.printf(
                "%s as %s%s: logits up to %.0f, largest difference %.1e, limit %.1e%n",
                name, scheme, tied ? ", tied" : "", size, largest, limit);
        assertThat(largest).isLessThan(limit);
        assertSameBits(config, weights, ActivationType.F32, ids, whole);
        float[] fast =
                logits(config, weights, ActivationType.INT8, "vector", 1, ids, new int[] {TOKENS});
        assertThat(fast).isNotEqualTo(whole);
        assertSameBits(config, weights, ActivationType.INT8, ids, fast);
    }

    @ParameterizedTest
    @FieldSource("GGUF")
    void blocks(String name) {
        var folder = ModelFolder.open(GoldenModel.folder("gguf/models/" + name + ".gguf"));
        int[] ids = new Random(SEED).ints(TOKENS, 0, folder.config().vocab()).toArray();
        var weights = folder.weights(new WeightLoader(WeightType.AS_STORED));
        float[] whole =
                logits(
                        folder.config(),
                        weights,
                        ActivationType.F32,
                        "vector",
                        1,
                        ids,
                        new int[] {TOKENS});
        assertSameBits(folder.config(), weights, ActivationType.F32, ids, whole);
    }

    /// Asked for fp32, blocks are decoded on loading: the same decoded numbers, so the same bits.
    @ParameterizedTest
    @FieldSource("GGUF")
    void decodedOnLoadingOrOnTheWay(String name) {
        var folder = ModelFolder.open(GoldenModel.folder("gguf/models/" + name + ".gguf"));
        int[] ids = new Random(SEED).ints(TOKENS, 0, folder.config().vocab()).toArray();
        var onTheWay = folder.weights(new WeightLoader(WeightType.AS_STORED));
        var onLoading = folder.weights(new WeightLoader(WeightType.F32));
        int[] cuts = {1, 2, 40};
        assertThat(logits(folder.config(), onTheWay, ActivationType.F32, "vector", 2, ids, cuts))
                .isEqualTo(
                        logits(
                                folder.config(),
                                onLoading,
                                ActivationType.F32,
                                "vector",
                                2,
                                ids,
                                cuts));
    }

    private static void assertSameBits(
            ModelConfig config,
            Weights<CpuWeight> weights,
            ActivationType activations,
            int[] ids,
            float[] expected) {
        var random = new Random(SEED);
        for (int threads = 1; threads <= 3; threads++)
            for (String kernels : Tiers.here()) {
                int[] cuts = random.ints(7, 1, ids.length).sorted().distinct().toArray();
                assertThat(logits(config, weights, activations, kernels, threads, ids, cuts))
                        .as(
                                "%s, activations %s, %d threads, cut at %s",
                                kernels, activations, threads, Arrays.toString(cuts))
                        .isEqualTo(expected);
            }
    }

    private static float[] logits(
            ModelConfig config,
            Weights<CpuWeight> weights,
            ActivationType activations,
            String kernels,
            int threads,
            int[] ids,
            int[] cuts) {
        var selector = KernelSelector.forced(kernels);
        var options =
                new CpuOptions(threads, selector, WeightType.AS_STORED, KvType.F32, activations);
        try (var backend = new CpuBackend(config, weights, options)) {
            return logits(backend, ids, cuts);
        }
    }

    /// Of all tokens, fed in pieces that end at `cuts`.
    private static float[] logits(Backend backend, int[] ids, int[] cuts) {
        int vocab = backend.config().vocab();
        var out = new float[ids.length * vocab];
        try (var cache = backend.newCache(ids.length)) {
            int from = 0;
            for (int i = 0; from < ids.length; i++) {
                int to = i < cuts.length ? cuts[i] : ids.length;
                var piece = new float[(to - from) * vocab];
                backend.forward(cache, ids, from, to, to - from, piece);
                System.arraycopy(piece, 0, out, from * vocab, piece.length);
                from = to;
            }
        }
        return out;
    }

    private static TensorData quantized(TensorData tensor, BlockScheme scheme) {
        if (tensor.shape().length == 1) return tensor;
        int columns = (int) tensor.shape()[1];
        var quantizer = new MatrixQuantizer(scheme, columns, new float[0]);
        long rows = tensor.shape()[0];
        var out = Arena.ofAuto().allocate(quantizer.bytes(rows), 64);
        quantizer.quantize(tensor::copyTo, 0, rows, out, new ErrorSum());
        var type = scheme == BlockScheme.INT4 ? DType.PANEL4 : DType.PANEL8;
        return new TensorData(tensor.name(), type, tensor.shape(), out, tensor.file(), 0);
    }

    private static <A, B> Weights<B> map(Weights<A> weights, Function<A, B> f) {
        var embedding = f.apply(weights.embedding());
        return new Weights<>(
                embedding,
                weights.blocks().stream()
                        .map(b ->
                                new Weights.Block<>(
                                        f.apply(b.attentionNorm()),
                                        f.apply(b.qkv()),
                                        f.apply(b.attentionOut()),
                                        f.apply(b.mlpNorm()),
                                        f.apply(b.gate()),
                                        f.apply(b.up()),
                                        f.apply(b.down())))
                        .toList(),
                f.apply(weights.finalNorm()),
                weights.output() == weights.embedding() ? embedding : f.apply(weights.output()));
    }
}

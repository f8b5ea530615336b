package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.Matrix;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryPlanTest {
    private static final ModelConfig LARGE = ModelConfig.baichuan13b();

    /// Keys and values of the published models: 819,200 bytes a token for 13B in fp16.
    @Test
    void countsWhatThePublishedModelsNeed() {
        assertThat(KvType.F16.bytesPerToken(LARGE)).isEqualTo(819_200);
        assertThat(KvType.F16.bytesPerToken(ModelConfig.baichuan7b())).isEqualTo(524_288);
        assertThat(KvType.INT8.bytesPerToken(LARGE)).isEqualTo(2L * 40 * 40 * (128 + 4));
        var plan = MemoryPlan.of(LARGE, 26_529_802_240L, KvType.F16, 4096, 2);
        assertThat(plan.kvBytes()).isEqualTo(3_355_443_200L);
        assertThat(plan.totalBytes())
                .isEqualTo(26_529_802_240L + 3_355_443_200L + plan.scratchBytes());
    }

    /// The targets of the quantized formats: int8 at most 14.3 GB, int4 at most 8.0 GB; and int4
    /// with 1,024 tokens in 9 GB, with 4,096 and int8 keys and values in 10 GB.
    @Test
    void quantizedModelsFitWhereTheyShould() {
        long int8 = WeightSizes.quantized(LARGE, false);
        long int4 = WeightSizes.quantized(LARGE, true);
        System.out.printf("13B: int8 %,d bytes, int4 %,d bytes%n", int8, int4);
        assertThat(int8).isBetween(14_000_000_000L, 14_300_000_000L);
        assertThat(int4).isBetween(7_400_000_000L, 8_000_000_000L);
        assertThat(MemoryPlan.of(LARGE, int4, KvType.F16, 1024, 2).totalBytes())
                .isLessThan(9_000_000_000L);
        assertThat(MemoryPlan.of(LARGE, int4, KvType.INT8, 4096, 2).totalBytes())
                .isLessThan(10_000_000_000L);
    }

    @ParameterizedTest
    @EnumSource
    void theLargestContextIsTheLargest(KvType kv) {
        long weights = WeightSizes.quantized(LARGE, true);
        for (long available = 7_500_000_000L;
                available < 14_000_000_000L;
                available += 333_333_333) {
            int tokens = MemoryPlan.largestContext(LARGE, weights, kv, 2, available, 4096);
            assertThat(tokens % 64).isZero();
            if (tokens > 0)
                assertThat(MemoryPlan.of(LARGE, weights, kv, tokens, 2).totalBytes())
                        .isLessThanOrEqualTo(available);
            if (tokens < 4096)
                assertThat(MemoryPlan.of(LARGE, weights, kv, tokens + 1, 2).totalBytes())
                        .isGreaterThan(available);
        }
        assertThat(MemoryPlan.largestContext(LARGE, 1, kv, 1, Long.MAX_VALUE, 100)).isEqualTo(100);
    }

    /// Exact while the cache is below 512 MiB: 8 KB a token and layer of the smaller model.
    @Test
    void theAutomaticChoiceLooksAtTheContext() {
        assertThat(KvType.automatic(LARGE, 4096)).isEqualTo(KvType.F16);
        assertThat(KvType.automatic(LARGE, 327)).isEqualTo(KvType.F32);
        assertThat(KvType.automatic(LARGE, 328)).isEqualTo(KvType.F16);
    }

    /// Names, types and shapes tell what the loader then holds.
    @ParameterizedTest
    @EnumSource
    void sizesAreThoseOfTheLoadedWeights(WeightType type) {
        for (String name : new String[] {"tiny-alibi", "tiny-alibi-bf16", "tiny-llama-gqa"}) {
            var folder = ModelFolder.open(GoldenModel.folder(name));
            var sizes = WeightSizes.of(folder, type);
            var loader = new WeightLoader(type);
            var weights = folder.weights(loader);
            assertThat(sizes.heldBytes()).as("%s, %s", name, type).isEqualTo(bytes(weights));
            assertThat(sizes.mappedBytes()).isLessThanOrEqualTo(sizes.heldBytes());
        }
        var bf16 = ModelFolder.open(GoldenModel.folder("tiny-alibi-bf16"));
        assertThat(WeightSizes.of(bf16, WeightType.AS_STORED).mappedBytes())
                .isGreaterThan(bf16.weightBytes() * 9 / 10);
        assertThat(WeightSizes.of(bf16, WeightType.F32).mappedBytes()).isZero();
    }

    /// Of all weights, as they are held.
    static long bytes(Weights<CpuWeight> weights) {
        long held = bytes(weights.embedding()) + bytes(weights.finalNorm());
        if (weights.output() != weights.embedding()) held += bytes(weights.output());
        for (var block : weights.blocks())
            held +=
                    bytes(block.attentionNorm())
                            + bytes(block.qkv())
                            + bytes(block.attentionOut())
                            + bytes(block.mlpNorm())
                            + bytes(block.gate())
                            + bytes(block.up())
                            + bytes(block.down());
        return held;
    }

    private static long bytes(CpuWeight weight) {
        return switch (weight) {
            case CpuWeight.Gain(float[] values) -> 4L * values.length;
            case CpuWeight.Linear(var matrix) -> bytes(matrix);
            case CpuWeight.Stacked(var parts) ->
                    parts.stream().mapToLong(MemoryPlanTest::bytes).sum();
        };
    }

    private static long bytes(Matrix matrix) {
        return matrix.memory().byteSize() + 4L * matrix.scales().length;
    }
}

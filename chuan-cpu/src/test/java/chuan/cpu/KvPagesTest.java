package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Pages come as a sequence grows and go when it shrinks or ends.
class KvPagesTest {
    private static final long SEED = Long.getLong("chuan.seed", 5);

    /// Of a model with two heads in three layers, 8 wide.
    private static final ModelConfig CONFIG =
            ModelConfig.baichuan(50, 16, 32, 3, 2, new chuan.model.Position.Alibi());

    @ParameterizedTest
    @EnumSource
    void aPageIsWhatThePlanSays(KvType type) {
        try (var pages = new KvPages(CONFIG, type);
                var cache = pages.newCache(1000)) {
            assertThat(pages.committedBytes()).isZero();
            for (int tokens : new int[] {1, 63, 64, 65, 128, 129}) {
                cache.reserve(tokens - cache.length());
                cache.extend(tokens - cache.length());
                long positions = Math.ceilDiv(tokens, 64) * 64L;
                assertThat(pages.usedBytes()).isEqualTo(positions * type.bytesPerToken(CONFIG));
            }
            cache.truncate(64);
            assertThat(pages.usedBytes()).isEqualTo(64 * type.bytesPerToken(CONFIG));
            assertThat(pages.committedBytes()).isEqualTo(3 * pages.usedBytes());
        }
    }

    @Test
    void pagesNeverOverlap() {
        try (var pages = new KvPages(CONFIG, KvType.F32)) {
            var caches = new CpuKvCache[] {pages.newCache(640), pages.newCache(640)};
            var random = new Random(SEED);
            long page = 64 * KvType.F32.bytesPerToken(CONFIG);
            for (int round = 0; round < 200; round++) {
                var cache = caches[random.nextInt(2)];
                if (random.nextInt(3) == 0) {
                    cache.truncate(random.nextInt(cache.length() + 1));
                } else {
                    int more = random.nextInt(cache.capacity() - cache.length() + 1);
                    cache.reserve(more);
                    cache.extend(more);
                }
                long[] held =
                        Arrays.stream(caches)
                                .flatMapToLong(c ->
                                        java.util.stream.IntStream.range(
                                                        0, Math.ceilDiv(c.length(), 64))
                                                .mapToLong(c::page))
                                .sorted()
                                .toArray();
                for (int i = 1; i < held.length; i++)
                    assertThat(held[i] - held[i - 1])
                            .as("seed %d", SEED)
                            .isGreaterThanOrEqualTo(page);
                assertThat(pages.usedBytes()).isEqualTo(held.length * page);
            }
            for (var cache : caches) cache.close();
            assertThat(pages.usedBytes()).isZero();
        }
    }

    /// More than [KvPages#KEPT_BYTES] of free pages goes back to the operating system.
    @Test
    void onlySomeFreePagesAreKept() {
        var wide = ModelConfig.baichuan(50, 8192, 64, 4, 64, new chuan.model.Position.Alibi());
        try (var pages = new KvPages(wide, KvType.F32)) {
            var cache = pages.newCache(64 * 20);
            cache.reserve(64 * 20);
            assertThat(pages.committedBytes()).isEqualTo(20L * 64 * 4 * 8192 * 8);
            cache.close();
            assertThat(pages.committedBytes()).isPositive().isLessThanOrEqualTo(KvPages.KEPT_BYTES);
        }
    }

    @Test
    void whatIsClosedIsRefused() {
        var pages = new KvPages(CONFIG, KvType.F16);
        var cache = pages.newCache(10);
        cache.reserve(5);
        cache.close();
        cache.close();
        assertThatThrownBy(() -> cache.reserve(1)).hasMessageContaining("closed");
        var open = pages.newCache(10);
        open.reserve(1);
        pages.close();
        open.close();
        assertThat(pages.committedBytes()).isZero();
        assertThatThrownBy(pages::take).hasMessageContaining("closed");
        assertThatThrownBy(() -> pages.newCache(0)).hasMessageContaining("at least one token");
    }

    /// A thousand requests of random lengths, some cut and continued: the memory is that of the
    /// largest, and none of it is in use in between.
    @ParameterizedTest
    @EnumSource
    void aThousandRequestsNeedTheMemoryOfOne(KvType type) {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        int[] ids = GoldenModel.read("tiny-alibi").input(300).ids();
        var options = new CpuOptions(2, KernelSelector.select(), WeightType.AS_STORED, type);
        var random = new Random(SEED);
        try (var backend = CpuBackend.load(folder, options)) {
            var logits = new float[backend.config().vocab()];
            long page = 64 * type.bytesPerToken(backend.config());
            for (int request = 0; request < 1000; request++) {
                int length = 1 + random.nextInt(request % 100 == 0 ? 150 : 20);
                try (var cache = backend.newCache(200)) {
                    backend.forward(cache, ids, 0, length, 1, logits);
                    cache.truncate(random.nextInt(length));
                    for (int i = 0; i < 3; i++) backend.forward(cache, ids, i, i + 1, 1, logits);
                    assertThat(backend.kvUsedBytes()).isPositive();
                }
                assertThat(backend.kvUsedBytes()).isZero();
                assertThat(backend.kvCommittedBytes())
                        .as("seed %d", SEED)
                        .isBetween(page, 3 * page);
            }
        }
    }
}

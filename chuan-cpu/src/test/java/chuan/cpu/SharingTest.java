package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.KvCache;
import chuan.model.KvType;
import chuan.model.ReferenceBackend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Caches that took over a beginning from one another behave as if each had computed it itself.
class SharingTest {
    private static final long SEED = Long.getLong("chuan.seed", new Random().nextLong());

    private static final class Text {
        final KvCache cache;
        final int[] ids = new int[300];

        Text(CpuBackend backend) {
            cache = backend.newCache(300);
        }
    }

    /// Random appends, cuts, take-overs and ends of six sequences: the logits of each append are
    /// those of the whole text computed alone, bit for bit.
    @ParameterizedTest
    @CsvSource({"tiny-alibi, F32", "tiny-alibi, INT8", "tiny-rope, F16"})
    void sharedPagesNeverMix(String name, KvType kv) {
        System.out.println("seed " + SEED);
        var options = new CpuOptions(2, KernelSelector.select(), WeightType.AS_STORED, kv);
        var random = new Random(SEED);
        try (var backend = CpuBackend.load(ModelFolder.open(GoldenModel.folder(name)), options)) {
            int vocab = backend.config().vocab();
            var texts = new ArrayList<Text>();
            for (int i = 0; i < 6; i++) texts.add(new Text(backend));
            for (int round = 0; round < 150; round++) {
                int which = random.nextInt(texts.size());
                var text = texts.get(which);
                switch (random.nextInt(5)) {
                    case 0 -> text.cache.truncate(random.nextInt(text.cache.length() + 1));
                    case 1 -> {
                        text.cache.close();
                        var fresh = new Text(backend);
                        var donor = texts.get(random.nextInt(texts.size()));
                        if (donor != text) {
                            int length = random.nextInt(donor.cache.length() + 1);
                            fresh.cache.adopt(donor.cache, length);
                            System.arraycopy(donor.ids, 0, fresh.ids, 0, length);
                        }
                        texts.set(which, fresh);
                    }
                    default -> {
                        int held = text.cache.length();
                        int more = Math.min(300 - held, 1 + random.nextInt(80));
                        if (more == 0) continue;
                        for (int i = 0; i < more; i++) text.ids[held + i] = random.nextInt(vocab);
                        var out = new float[vocab];
                        backend.forward(text.cache, text.ids, held, held + more, 1, out);
                        var alone = new float[vocab];
                        try (var own = backend.newCache(300)) {
                            backend.forward(own, text.ids, 0, held + more, 1, alone);
                        }
                        assertThat(out).as("seed %d, round %d", SEED, round).isEqualTo(alone);
                    }
                }
            }
            for (var text : texts) text.cache.close();
            assertThat(backend.kvUsedBytes()).isZero();
        }
    }

    @Test
    void sharedPagesCountOnce() {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        try (var backend = CpuBackend.load(folder, CpuOptions.defaults());
                var a = backend.newCache(300);
                var b = backend.newCache(300)) {
            int[] ids = new int[300];
            backend.forward(a, ids, 0, 200, 0, new float[0]);
            assertThat(backend.kvUsedBytes()).isEqualTo(backend.kvBytes(200));
            b.adopt(a, 130);
            assertThat(backend.kvUsedBytes()).isEqualTo(backend.kvBytes(200));
            backend.forward(b, ids, 130, 131, 0, new float[0]); // writes to the third page
            assertThat(backend.kvUsedBytes()).isEqualTo(backend.kvBytes(200) + backend.kvBytes(1));
            a.close();
            assertThat(backend.kvUsedBytes()).isEqualTo(backend.kvBytes(131));
            assertThatThrownBy(() -> b.adopt(b, 1)).hasMessageContaining("cannot take over");
        }
    }

    /// Hidden states of the whole text and of its pieces, beside those of the reference.
    @ParameterizedTest
    @ValueSource(strings = {"tiny-alibi", "tiny-rope", "tiny-alibi2"})
    void hiddenStatesAreThoseOfTheReference(String name) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        int[] ids = new Random(SEED).ints(170, 0, folder.config().vocab()).toArray();
        int size = ids.length * folder.config().hidden();
        var expected = new float[size];
        try (var reference = new ReferenceBackend(folder.config(), folder.rows());
                var cache = reference.newCache(200)) {
            reference.hidden(cache, ids, 0, ids.length, expected);
        }
        try (var backend = CpuBackend.load(folder, CpuOptions.defaults());
                var whole = backend.newCache(200);
                var pieces = backend.newCache(200)) {
            var actual = new float[size];
            backend.hidden(whole, ids, 0, ids.length, actual);
            assertThat(whole.length()).isEqualTo(ids.length);
            assertThat(actual)
                    .as("seed %d", SEED)
                    .usingComparatorWithPrecision(2e-4f)
                    .containsExactly(expected);
            var first = new float[size];
            backend.hidden(pieces, ids, 0, 33, first);
            assertThat(Arrays.copyOf(first, 33 * folder.config().hidden()))
                    .isEqualTo(Arrays.copyOf(actual, 33 * folder.config().hidden()));
        }
    }
}

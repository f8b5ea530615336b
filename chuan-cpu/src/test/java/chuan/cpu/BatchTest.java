package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.Batch;
import chuan.model.ContextTooLongException;
import chuan.model.KvCache;
import chuan.model.KvType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sequences that pass through the layers together get the bits that each gets alone.
class BatchTest {
    private static final long SEED = Long.getLong("chuan.seed", 8);
    private static final int ROUNDS = 12;

    /// Prompts and single tokens of eight sequences mixed, longer together than a step, sequences
    /// that pause, that are cut back and that go on.
    @ParameterizedTest
    @CsvSource({
        "tiny-alibi, scalar, F32",
        "tiny-alibi, vector, F32",
        "tiny-alibi, vector, F16",
        "tiny-alibi, vector, INT8",
        "tiny-rope, scalar, F16",
        "tiny-rope, vector, F32",
        "tiny-rope, vector, INT8",
        "tiny-llama-gqa, scalar, INT8",
        "tiny-llama-gqa, vector, F32",
        "tiny-llama-gqa, vector, F16"
    })
    void aBatchGivesWhatEachSequenceGivesAlone(String name, String kernels, KvType kv) {
        var options = new CpuOptions(2, KernelSelector.forced(kernels), WeightType.AS_STORED, kv);
        var random = new Random(SEED);
        try (var backend = CpuBackend.load(ModelFolder.open(GoldenModel.folder(name)), options)) {
            int vocab = backend.config().vocab();
            int[][] texts = new int[8][];
            for (int s = 0; s < texts.length; s++)
                texts[s] = random.ints(1 + random.nextInt(180), 0, vocab).toArray();
            var alone = new float[texts.length][];
            for (int s = 0; s < texts.length; s++) alone[s] = logits(backend, texts[s]);

            var caches = new ArrayList<KvCache>();
            for (int[] text : texts) caches.add(backend.newCache(text.length));
            var batch = new Batch();
            for (int round = 0; round < ROUNDS; round++) {
                batch.clear();
                for (int s = 0; s < texts.length; s++) {
                    int held = caches.get(s).length();
                    if (random.nextInt(6) == 0) caches.get(s).truncate(held = held / 2);
                    int rest = texts[s].length - held;
                    if (random.nextInt(5) == 0) continue;
                    int tokens = Math.min(rest, random.nextBoolean() ? 1 : random.nextInt(90));
                    int wanted = random.nextInt(tokens + 1);
                    batch.add(caches.get(s), texts[s], held, held + tokens, wanted);
                }
                var out = new float[batch.rows() * vocab];
                backend.forward(batch, out);
                compare(batch, out, texts, alone, vocab);
            }
            caches.forEach(KvCache::close);
        }
    }

    private static void compare(
            Batch batch, float[] out, int[][] texts, float[][] alone, int vocab) {
        int row = 0;
        for (int i = 0; i < batch.size(); i++) {
            int s = Arrays.asList(texts).indexOf(batch.ids(i));
            int end = batch.to(i);
            int first = end - batch.wanted(i);
            assertThat(batch.cache(i).length()).isEqualTo(end);
            assertThat(Arrays.copyOfRange(out, row * vocab, (row + end - first) * vocab))
                    .as("sequence %d, tokens %d to %d, seed %d", s, first, end, SEED)
                    .isEqualTo(Arrays.copyOfRange(alone[s], first * vocab, end * vocab));
            row += end - first;
        }
    }

    private static float[] logits(CpuBackend backend, int[] ids) {
        var out = new float[ids.length * backend.config().vocab()];
        try (var cache = backend.newCache(ids.length)) {
            backend.forward(cache, ids, 0, ids.length, ids.length, out);
        }
        return out;
    }

    /// What is wrong with one slice leaves every sequence as it was.
    @Test
    void allOrNothing() {
        var options = CpuOptions.defaults();
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        try (var backend = CpuBackend.load(folder, options);
                var other = CpuBackend.load(folder, options)) {
            int vocab = backend.config().vocab();
            var out = new float[3 * vocab];
            int[] ids = new int[200];
            try (var a = backend.newCache(200);
                    var b = backend.newCache(150);
                    var foreign = other.newCache(5)) {
                backend.forward(a, ids, 0, 3, 0, out);
                long used = backend.kvUsedBytes();
                var tooLong = new Batch().add(a, ids, 0, 2, 1).add(b, ids, 0, 151, 1);
                assertThatThrownBy(() -> backend.forward(tooLong, out))
                        .isInstanceOf(ContextTooLongException.class);
                ids[149] = vocab;
                var badId = new Batch().add(a, ids, 0, 140, 1).add(b, ids, 0, 150, 1);
                assertThatThrownBy(() -> backend.forward(badId, out))
                        .hasMessageContaining("token id " + vocab);
                var notOurs = new Batch().add(a, ids, 0, 2, 1).add(foreign, ids, 0, 1, 1);
                assertThatThrownBy(() -> backend.forward(notOurs, out))
                        .hasMessageContaining("another back end");
                var noRoom = new Batch().add(a, ids, 0, 2, 2).add(b, ids, 0, 2, 2);
                assertThatThrownBy(() -> backend.forward(noRoom, out))
                        .hasMessageContaining("no room for 4 rows");
                assertThatThrownBy(() -> new Batch().add(a, ids, 0, 1, 1).add(a, ids, 1, 2, 1))
                        .hasMessageContaining("one slice");
                assertThatThrownBy(() -> new Batch().add(a, ids, 0, 1, 2))
                        .hasMessageContaining("2 tokens wanted from a slice of 1");
                assertThat(a.length()).isEqualTo(3);
                assertThat(b.length()).isZero();
                assertThat(backend.kvUsedBytes()).isEqualTo(used);
                backend.forward(new Batch(), out);
            }
        }
    }
}

package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.model.BatchShape;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Documents packed into one row are learned from as if each had a row of its own, and small
/// batches accumulated as if they were one.
class PackingTest {
    private static final int VOCAB = 50;

    enum Scheme {
        ALIBI(new Position.Alibi()),
        ROPE(new Position.Rope(10_000));

        private final Position position;

        Scheme(Position position) {
            this.position = position;
        }

        /// Grouped queries in both: three query heads share a key/value head.
        ModelConfig config() {
            return new ModelConfig(VOCAB, 24, 40, 2, 6, 2, 4, 128, 1e-6f, position, false, true, 0);
        }
    }

    @BeforeAll
    static void load() {
        Libraries.load();
    }

    private static List<int[]> documents(Random random) {
        var documents = new ArrayList<int[]>();
        for (int d = 0; d < 7; d++) {
            documents.add(random.ints(2 + random.nextInt(20), 1, VOCAB).toArray());
        }
        return documents;
    }

    /// Each document in its own row, as long as itself.
    private static List<TrainBatch> unpacked(List<int[]> documents) {
        return documents.stream()
                .map(d -> new TrainBatch(BatchShape.whole(1, d.length), d, next(d)))
                .toList();
    }

    private static int[] next(int[] document) {
        int[] labels = Arrays.copyOfRange(document, 1, document.length + 1);
        labels[labels.length - 1] = TrainBatch.IGNORED;
        return labels;
    }

    /// All documents in one row, with some padding at its end.
    private static TrainBatch packed(List<int[]> documents) {
        int length = documents.stream().mapToInt(d -> d.length).sum() + 5;
        var ids = new int[length];
        var labels = new int[length];
        var segments = new int[length];
        Arrays.fill(labels, TrainBatch.IGNORED);
        int at = 0;
        for (int d = 0; d < documents.size(); d++) {
            int[] document = documents.get(d);
            System.arraycopy(document, 0, ids, at, document.length);
            System.arraycopy(next(document), 0, labels, at, document.length);
            Arrays.fill(segments, at, at + document.length, d);
            at += document.length;
        }
        Arrays.fill(segments, at, length, documents.size());
        return new TrainBatch(new BatchShape(1, length, segments), ids, labels);
    }

    private static long labels(List<TrainBatch> batches) {
        return batches.stream().mapToLong(b -> b.labelledRows().length).sum();
    }

    /// Mean loss first, then all gradients in the order of the weight table.
    private static float[] lossAndGradients(ModelConfig config, List<TrainBatch> batches) {
        return lossAndGradients(config, batches, "libtorch");
    }

    private static float[] lossAndGradients(
            ModelConfig config, List<TrainBatch> batches, String device) {
        var initial = new InitialWeights(config, 0.3, 5);
        var settings = TrainConfig.Optimizer.adamW(1e-3, 0.9, 0.95, 1e-8, 0.1, 1);
        try (var learner =
                device.equals("cpu")
                        ? new CpuLearner(config, initial, settings, 2, "fp32")
                        : new TorchLearner(config, initial, settings, "fp32")) {
            long labels = labels(batches);
            double loss = 0;
            for (TrainBatch batch : batches) {
                loss += learner.backward(batch, labels);
            }
            var all = new float[Math.toIntExact(1 + learner.count())];
            all[0] = (float) (loss / labels);
            int at = 1;
            for (FloatTensor gradient : learner.gradients().values()) {
                var values = new float[Math.toIntExact(gradient.count())];
                gradient.read(0, values, values.length);
                System.arraycopy(values, 0, all, at, values.length);
                at += values.length;
            }
            return all;
        }
    }

    /// Own kernels and libtorch, an independent implementation, on packed documents.
    @ParameterizedTest
    @EnumSource
    void bothBackEndsGiveTheSameGradients(Scheme scheme) {
        long seed = new Random().nextLong();
        List<TrainBatch> batches = List.of(packed(documents(new Random(seed))));
        same(
                "cpu against libtorch " + scheme + ", seed " + seed,
                lossAndGradients(scheme.config(), batches, "cpu"),
                lossAndGradients(scheme.config(), batches));
    }

    private static void same(String what, float[] a, float[] b) {
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            worst = Math.max(worst, Math.abs(a[i] - b[i]));
        }
        System.out.printf("%-28s largest difference %.2e%n", what, worst);
        assertThat(worst).as(what).isLessThan(1e-5);
    }

    @ParameterizedTest
    @EnumSource
    void packedEqualsUnpacked(Scheme scheme) {
        long seed = 20231;
        List<int[]> documents = documents(new Random(seed));
        same(
                "packed " + scheme + ", seed " + seed,
                lossAndGradients(scheme.config(), List.of(packed(documents))),
                lossAndGradients(scheme.config(), unpacked(documents)));
    }

    @ParameterizedTest
    @EnumSource
    void accumulatedEqualsOneLargeBatch(Scheme scheme) {
        ModelConfig config = scheme.config();
        List<TokenSource> source = List.of(ArraySource.madeUp(3000, VOCAB, 4));
        double[] weight = {1};
        var large = new ShardReader(source, weight, 24, Pretrain.END_TOKEN, 9);
        var small = new ShardReader(source, weight, 24, Pretrain.END_TOKEN, 9);
        var pieces = new ArrayList<TrainBatch>();
        for (int i = 0; i < 8; i++) {
            pieces.add(small.next(1));
        }
        same(
                "8 x 1 and 1 x 8 " + scheme,
                lossAndGradients(config, List.of(large.next(8))),
                lossAndGradients(config, pieces));
    }
}

package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.model.BatchShape;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.train.ChatExample.Marks;
import chuan.train.ChatExample.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Fine-tuning a small model on 64 conversations, among them an answer of one token, an empty
/// answer and one beyond the limit.
class SftTest {
    private static final int VOCAB = 64;
    private static final int LIMIT = 32;
    private static final Marks MARKS = new Marks(4, 5, Pretrain.END_TOKEN, false);
    private static final ChatReader.Joining ALONE = new ChatReader.Joining(1, MARKS);
    private static final ModelConfig CONFIG =
            ModelConfig.baichuan(VOCAB, 64, 128, 2, 4, new Position.Alibi());

    @BeforeAll
    static void load() {
        Libraries.load();
    }

    /// Each question starts with its own pair of tokens, so that answers can be learned by heart.
    private static List<ChatExample> examples() {
        var random = new Random(18);
        var examples = new ArrayList<ChatExample>();
        for (int i = 0; i < 64; i++) {
            String question = token(i / 8) + token(8 + i % 8) + text(random, 1 + random.nextInt(4));
            String answer =
                    switch (i) {
                        case 0 -> text(random, 1);
                        case 1 -> "";
                        case 2 -> text(random, 2 * LIMIT);
                        default -> text(random, 2 + random.nextInt(8));
                    };
            examples.add(
                    ChatExample.of(
                            List.of(
                                    new Message("user", question),
                                    new Message("assistant", answer)),
                            text -> text.chars().toArray(),
                            MARKS,
                            LIMIT));
        }
        return examples;
    }

    private static String token(int id) {
        return String.valueOf((char) (10 + id));
    }

    private static String text(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) (10 + random.nextInt(VOCAB - 10)));
        }
        return text.toString();
    }

    private static TrainBatch alone(ChatExample e) {
        return new TrainBatch(BatchShape.whole(1, e.length()), e.ids(), e.labels());
    }

    private static double meanLoss(Learner learner, List<TrainBatch> batches) {
        double sum = 0;
        long labels = 0;
        for (TrainBatch batch : batches) {
            sum += learner.loss(batch);
            labels += batch.labelledRows().length;
        }
        return sum / labels;
    }

    private static List<TrainBatch> epoch(List<ChatExample> examples, int sequences) {
        var reader = new ChatReader(examples, LIMIT, 0, ALONE, 3);
        var batches = new ArrayList<TrainBatch>();
        for (long i = 0; i < reader.sequencesPerEpoch(); i += sequences) {
            long left = reader.sequencesPerEpoch() - i;
            batches.add(reader.next((int) Math.min(sequences, left)));
        }
        return batches;
    }

    private static Learner learner(String how, double deviation) {
        var settings = TrainConfig.Optimizer.adamW(3e-3, 0.9, 0.98, 1e-8, 0, 1);
        var initial = new InitialWeights(CONFIG, deviation, 1);
        if (how.equals("cpu")) return new CpuLearner(CONFIG, initial, settings, 2, "fp32");
        Libraries.load();
        return new TorchLearner(CONFIG, initial, settings, how);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "cpu"})
    void packingChangesNeitherTheFirstLossNorWhatIsAsked(String how) {
        List<ChatExample> examples = examples();
        try (var learner = learner(how, 0.02)) {
            double unpacked = meanLoss(learner, examples.stream().map(SftTest::alone).toList());
            double packed = meanLoss(learner, epoch(examples, 8));
            double oneByOne = meanLoss(learner, epoch(examples, 1));
            System.out.printf(
                    "first loss %.6f, packed %+.1e, one by one %+.1e%n",
                    unpacked, packed - unpacked, oneByOne - unpacked);
            assertThat(unpacked).isCloseTo(Math.log(VOCAB), within(0.5));
            assertThat(packed).isCloseTo(unpacked, within(1e-5));
            assertThat(oneByOne).isCloseTo(unpacked, within(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16", "cpu"})
    void everyAnswerIsLearnedAndEnds(String how) {
        List<ChatExample> examples = examples();
        try (var learner = learner(how, 0.05)) {
            var reader = new ChatReader(examples, LIMIT, 0, ALONE, 3);
            for (int i = 0; i < 250; i++) {
                TrainBatch batch = reader.next(16);
                double loss = learner.backward(batch, batch.labelledRows().length);
                assertThat(loss).as("step " + i).isFinite().isPositive();
                learner.step(3e-3);
            }
            for (int i = 0; i < examples.size(); i++) {
                ChatExample e = examples.get(i);
                if (e.length() == LIMIT) {
                    assertThat(e.labels()).as("cut").doesNotContain(MARKS.end());
                    continue;
                }
                // The probability of the end after the answer: above a half is the greedy choice.
                double nats = learner.loss(onlyTheEnd(e));
                assertThat(Math.exp(-nats)).as("end of answer " + i).isGreaterThan(0.5);
            }
        }
    }

    private static TrainBatch onlyTheEnd(ChatExample e) {
        int[] labels = new int[e.length()];
        Arrays.fill(labels, TrainBatch.IGNORED);
        labels[e.length() - 2] = MARKS.end();
        return new TrainBatch(BatchShape.whole(1, e.length()), e.ids(), labels);
    }
}

package chuan.train;

import chuan.model.BatchShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Packs conversations into rows of a fixed length, shuffled anew every epoch. Conversations in one
/// row do not see each other; what is left of a row is padding that predicts nothing.
final class ChatReader implements SampleReader {
    /// Rows that are open at a time while packing: enough to leave few gaps, few enough to stay
    /// shuffled.
    private static final int OPEN_ROWS = 16;

    private final List<ChatExample> examples;
    private final int tokens;
    private final int paddingId;
    private final long seed;
    private long drawn;
    private long epochStart;
    private int epoch = -1;
    private List<int[]> rows = List.of();

    /// @param examples none longer than `tokens`
    ChatReader(List<ChatExample> examples, int tokens, int paddingId, long seed) {
        this.examples = List.copyOf(examples);
        this.tokens = tokens;
        this.paddingId = Math.max(0, paddingId);
        this.seed = seed;
        if (examples.isEmpty()) {
            throw new TrainingException("data.train has no conversation with an answer");
        }
        seek(0);
    }

    /// Makes `rows` those of the epoch that row number `target` of the whole order belongs to.
    private void seek(long target) {
        if (target < epochStart) {
            epoch = -1;
        }
        if (epoch < 0) {
            epoch = 0;
            epochStart = 0;
            rows = pack(0);
        }
        while (target >= epochStart + rows.size()) {
            epochStart += rows.size();
            rows = pack(++epoch);
        }
    }

    /// First fit among the open rows; each row a list of example numbers.
    private List<int[]> pack(int epoch) {
        var packed = new ArrayList<int[]>();
        var open = new ArrayList<Row>();
        for (int example : order(epoch)) {
            int length = examples.get(example).length();
            Row row = null;
            for (Row candidate : open) {
                if (candidate.used + length <= tokens) {
                    row = candidate;
                    break;
                }
            }
            if (row == null) {
                if (open.size() == OPEN_ROWS) {
                    packed.add(open.removeFirst().members());
                }
                row = new Row();
                open.add(row);
            }
            row.examples.add(example);
            row.used += length;
        }
        open.forEach(row -> packed.add(row.members()));
        return packed;
    }

    private static final class Row {
        private final List<Integer> examples = new ArrayList<>();
        private int used;

        int[] members() {
            return examples.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    private int[] order(int epoch) {
        var random = new SplittableRandom(seed + 1_000_003L * epoch);
        var order = new int[examples.size()];
        for (int i = 0; i < order.length; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    @Override
    public TrainBatch next(int sequences) {
        int count = Math.multiplyExact(sequences, tokens);
        var ids = new int[count];
        var labels = new int[count];
        var segments = new int[count];
        Arrays.fill(ids, paddingId);
        Arrays.fill(labels, TrainBatch.IGNORED);
        for (int s = 0; s < sequences; s++) {
            seek(drawn);
            int[] members = rows.get(Math.toIntExact(drawn - epochStart));
            drawn++;
            int at = s * tokens;
            int document = 0;
            for (int member : members) {
                ChatExample example = examples.get(member);
                System.arraycopy(example.ids(), 0, ids, at, example.length());
                System.arraycopy(example.labels(), 0, labels, at, example.length());
                Arrays.fill(segments, at, at + example.length(), document++);
                at += example.length();
            }
            Arrays.fill(segments, at, (s + 1) * tokens, document);
        }
        return new TrainBatch(new BatchShape(sequences, tokens, segments), ids, labels);
    }

    @Override
    public State state() {
        return new State(List.of(drawn));
    }

    @Override
    public void resume(State state) {
        drawn = state.total();
        seek(drawn);
    }

    /// Rows of the first epoch; later ones may differ by a few.
    @Override
    public long sequencesPerEpoch() {
        return pack(0).size();
    }
}

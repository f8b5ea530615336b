package chuan.train;

import chuan.model.BatchShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Packs conversations into rows of a fixed length, shuffled anew every epoch. Conversations in one
/// row do not see each other; what is left of a row is padding that predicts nothing.
///
/// Most dialogues that there are to learn from are one question and one answer. A model that has
/// seen no others loses its way at the second question of a chat, so some may be joined to one
/// conversation ([ChatExample#joined]), others in every epoch.
final class ChatReader implements SampleReader {
    /// Rows that are open at a time while packing: enough to leave few gaps, few enough to stay
    /// shuffled.
    private static final int OPEN_ROWS = 16;

    private final List<ChatExample> examples;
    private final int tokens;
    private final int paddingId;
    private final Joining joining;
    private final long seed;
    private long drawn;
    private long epochStart;
    private int epoch = -1;
    private List<List<Conversation>> rows = List.of();

    /// @param most how many dialogues, one to this number with equal chances, make a conversation;
    ///   fewer where the row is too short for them
    /// @param marks of the examples
    record Joining(int most, ChatExample.Marks marks) {}

    /// Dialogues that are learned as one. They are joined when their row is drawn: an epoch of
    /// joined ones would take as much memory as the examples once more.
    ///
    /// @param length in tokens, joined
    private record Conversation(List<ChatExample> parts, int length) {}

    /// @param examples none longer than `tokens`
    ChatReader(List<ChatExample> examples, int tokens, int paddingId, Joining joining, long seed) {
        this.examples = List.copyOf(examples);
        this.tokens = tokens;
        this.paddingId = Math.max(0, paddingId);
        this.joining = joining;
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

    /// First fit among the open rows.
    private List<List<Conversation>> pack(int epoch) {
        var packed = new ArrayList<List<Conversation>>();
        var open = new ArrayList<Row>();
        for (Conversation conversation : conversations(epoch)) {
            Row row = null;
            for (Row candidate : open) {
                if (candidate.used + conversation.length() <= tokens) {
                    row = candidate;
                    break;
                }
            }
            if (row == null) {
                if (open.size() == OPEN_ROWS) {
                    packed.add(open.removeFirst().conversations);
                }
                row = new Row();
                open.add(row);
            }
            row.conversations.add(conversation);
            row.used += conversation.length();
        }
        open.forEach(row -> packed.add(row.conversations));
        return packed;
    }

    private static final class Row {
        private final List<Conversation> conversations = new ArrayList<>();
        private int used;
    }

    /// Every example once, in the order of the epoch.
    private List<Conversation> conversations(int epoch) {
        var random = new SplittableRandom(seed + 1_000_003L * epoch);
        int[] order = order(random);
        var conversations = new ArrayList<Conversation>();
        int next = 0;
        while (next < order.length) {
            int wanted = joining.most() == 1 ? 1 : 1 + random.nextInt(joining.most());
            var parts = new ArrayList<ChatExample>();
            do parts.add(examples.get(order[next++]));
            while (parts.size() < wanted
                    && next < order.length
                    && fits(parts, examples.get(order[next])));
            conversations.add(new Conversation(parts, length(parts)));
        }
        return conversations;
    }

    private boolean fits(List<ChatExample> parts, ChatExample next) {
        var all = new ArrayList<>(parts);
        all.add(next);
        return next.opensWithQuestion(joining.marks()) && length(all) <= tokens;
    }

    private int length(List<ChatExample> parts) {
        return ChatExample.joinedLength(parts, joining.marks());
    }

    private int[] order(SplittableRandom random) {
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
            List<Conversation> row = rows.get(Math.toIntExact(drawn - epochStart));
            drawn++;
            int at = s * tokens;
            int document = 0;
            for (Conversation one : row) {
                ChatExample conversation = ChatExample.joined(one.parts(), joining.marks());
                int length = conversation.length();
                System.arraycopy(conversation.ids(), 0, ids, at, length);
                System.arraycopy(conversation.labels(), 0, labels, at, length);
                Arrays.fill(segments, at, at + length, document++);
                at += length;
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

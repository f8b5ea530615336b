package chuan.train;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// A conversation as tokens, with the labels of the official fine-tuning recipe.
///
/// Official form (one label per token, shifted by the model): the user token carries the end token
/// as its label, so the end of the answer before it is learned; the user's text and the assistant
/// token are ignored; answer tokens are labelled with themselves; a final end token closes the
/// conversation and is labelled. Here labels are shifted already: `labels[i]` is what row `i`
/// predicts.
///
/// @param ids at most the limit; a longer conversation is cut, without an end that it does not have
/// @param labels as long as `ids`
record ChatExample(int[] ids, int[] labels) {

    /// @param role `system`, `user` or `assistant`
    record Message(String role, String content) {}

    /// The ids that stand for turns and the end.
    ///
    /// @param endBehindEveryAnswer chat format 1; else only behind the last
    record Marks(int user, int assistant, int end, boolean endBehindEveryAnswer) {}

    /// @param encode text to ids, no marks added
    /// @param limit of tokens
    static ChatExample of(
            List<Message> messages, Function<String, int[]> encode, Marks marks, int limit) {
        var ids = new IntList();
        var labels = new IntList();
        boolean ended = false;
        for (Message message : messages) {
            ended = false;
            int[] text = encode.apply(message.content());
            switch (message.role()) {
                case "system" -> {
                    ids.addAll(text);
                    labels.addRepeated(TrainBatch.IGNORED, text.length);
                }
                case "user" -> {
                    ids.add(marks.user());
                    labels.add(marks.endBehindEveryAnswer() ? TrainBatch.IGNORED : marks.end());
                    ids.addAll(text);
                    labels.addRepeated(TrainBatch.IGNORED, text.length);
                }
                case "assistant" -> {
                    ids.add(marks.assistant());
                    labels.add(TrainBatch.IGNORED);
                    ids.addAll(text);
                    labels.addAll(text);
                    if (marks.endBehindEveryAnswer()) {
                        ids.add(marks.end());
                        labels.add(marks.end());
                        ended = true;
                    }
                }
                default ->
                        throw new TrainingException(
                                "role must be system, user or assistant, not " + message.role());
            }
        }
        if (!ended) {
            ids.add(marks.end());
            labels.add(marks.end());
        }
        int length = Math.min(limit, ids.size());
        return new ChatExample(ids.first(length), shifted(labels.first(length)));
    }

    private static int[] shifted(int[] labels) {
        int[] result = Arrays.copyOfRange(labels, 1, labels.length + 1);
        result[result.length - 1] = TrainBatch.IGNORED;
        return result;
    }

    /// Whether it opens with a question, so that it may follow another conversation.
    boolean opensWithQuestion(Marks marks) {
        return ids[0] == marks.user();
    }

    /// Several conversations as one, as if they had been held one after the other: what [#of] makes
    /// of all their messages.
    ///
    /// @param parts each whole, and all but the first of them open with a question
    static ChatExample joined(List<ChatExample> parts, Marks marks) {
        int length = joinedLength(parts, marks);
        var ids = new int[length];
        var labels = new int[length];
        int at = 0;
        for (ChatExample part : parts) {
            int count = Math.min(part.length(), length - at);
            System.arraycopy(part.ids, 0, ids, at, count);
            System.arraycopy(part.labels, 0, labels, at, count);
            at += part.length() - (marks.endBehindEveryAnswer() ? 0 : 1);
        }
        return new ChatExample(ids, labels);
    }

    /// Tokens of the parts as one conversation: an end token goes where a question takes its place.
    static int joinedLength(List<ChatExample> parts, Marks marks) {
        int sum = parts.stream().mapToInt(ChatExample::length).sum();
        return marks.endBehindEveryAnswer() ? sum : sum - (parts.size() - 1);
    }

    int length() {
        return ids.length;
    }

    /// Whether anything is learned from it: a conversation cut within its first question is not.
    boolean hasLabels() {
        return Arrays.stream(labels).anyMatch(label -> label != TrainBatch.IGNORED);
    }

    /// A growing array of ints.
    private static final class IntList {
        private int[] values = new int[256];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        void addAll(int[] all) {
            for (int value : all) {
                add(value);
            }
        }

        void addRepeated(int value, int count) {
            for (int i = 0; i < count; i++) {
                add(value);
            }
        }

        int size() {
            return size;
        }

        int[] first(int count) {
            return Arrays.copyOf(values, count);
        }
    }
}

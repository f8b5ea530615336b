package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.train.ChatExample.Marks;
import chuan.train.ChatExample.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What an epoch of fine-tuning holds. Every dialogue is told from the others by its own text: one
/// token of which there is no other, many times.
class ChatReaderTest {
    private static final int FIRST = 200;
    private static final int ROW = 64;

    private static List<ChatExample> dialogues(Marks marks, int count, Random random) {
        var dialogues = new ArrayList<ChatExample>();
        for (int i = 0; i < count; i++) {
            String own = Character.toString(FIRST + i);
            var messages = new ArrayList<Message>();
            if (i % 10 == 0) {
                messages.add(new Message("system", own));
            }
            messages.add(new Message("user", own.repeat(1 + random.nextInt(20))));
            messages.add(new Message("assistant", own.repeat(1 + random.nextInt(20))));
            dialogues.add(ChatExample.of(messages, t -> t.chars().toArray(), marks, ROW));
        }
        return dialogues;
    }

    /// The conversations of one epoch: ids of the segments of its rows that predict something.
    private static List<List<Integer>> epoch(ChatReader reader, long rows) {
        var conversations = new ArrayList<List<Integer>>();
        for (long row = 0; row < rows; row++) {
            TrainBatch batch = reader.next(1);
            var open = new ArrayList<Integer>();
            for (int i = 0; i < ROW; i++) {
                if (i > 0 && batch.shape().segments()[i] != batch.shape().segments()[i - 1]) {
                    conversations.add(List.copyOf(open));
                    open.clear();
                }
                if (batch.ids()[i] != 0) {
                    open.add(batch.ids()[i]);
                }
            }
            conversations.add(List.copyOf(open));
        }
        conversations.removeIf(List::isEmpty);
        return conversations;
    }

    private static List<Set<Integer>> members(List<List<Integer>> conversations) {
        return conversations.stream()
                .<Set<Integer>>map(ids -> {
                    var members = new HashSet<>(ids);
                    members.removeIf(id -> id < FIRST);
                    return members;
                })
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"1, false", "4, false", "4, true", "9, false"})
    void everyDialogueIsInTheEpochOnceAndWhole(int join, boolean endBehindEveryAnswer) {
        long seed = new Random().nextLong();
        var marks = new Marks(195, 196, 2, endBehindEveryAnswer);
        List<ChatExample> dialogues = dialogues(marks, 500, new Random(seed));
        var joining = new ChatReader.Joining(join, marks);
        var reader = new ChatReader(dialogues, ROW, 0, joining, seed);

        List<List<Integer>> conversations = epoch(reader, reader.sequencesPerEpoch());
        String how = "seed " + seed;
        int[] tokens = new int[500];
        int most = 0;
        for (List<Integer> ids : conversations) {
            assertThat(ids.getLast()).as(how).isEqualTo(marks.end());
            long ends = ids.stream().filter(id -> id == marks.end()).count();
            long answers = ids.stream().filter(id -> id == marks.assistant()).count();
            assertThat(ends).as(how).isEqualTo(endBehindEveryAnswer ? answers : 1);
            ids.stream().filter(id -> id >= FIRST).forEach(id -> tokens[id - FIRST]++);
        }
        for (Set<Integer> members : members(conversations)) {
            most = Math.max(most, members.size());
        }
        assertThat(most).as(how).isLessThanOrEqualTo(join);
        if (join > 1) {
            assertThat(most).as(how).isGreaterThan(1);
        }
        for (int i = 0; i < 500; i++) {
            int id = FIRST + i;
            long whole = Arrays.stream(dialogues.get(i).ids()).filter(t -> t == id).count();
            assertThat(tokens[i]).as("dialogue %d, %s", i, how).isEqualTo(whole);
        }
    }

    /// A system text opens a conversation, so it may not come second.
    @Test
    void whatDoesNotOpenWithAQuestionStaysFirst() {
        var marks = new Marks(195, 196, 2, false);
        List<ChatExample> dialogues = dialogues(marks, 500, new Random(3));
        var reader = new ChatReader(dialogues, ROW, 0, new ChatReader.Joining(4, marks), 3);
        for (List<Integer> ids : epoch(reader, reader.sequencesPerEpoch())) {
            assertThat(
                            ids.subList(1, ids.size()).stream()
                                    .filter(id -> id >= FIRST && (id - FIRST) % 10 == 0)
                                    .filter(id -> !id.equals(ids.getFirst())))
                    .as("of a conversation that opens with " + ids.getFirst())
                    .isEmpty();
        }
    }

    @Test
    void otherDialoguesMeetInTheNextEpochAndTheSameInTheSameOne() {
        var marks = new Marks(195, 196, 2, false);
        List<ChatExample> dialogues = dialogues(marks, 500, new Random(5));
        var joining = new ChatReader.Joining(4, marks);
        var reader = new ChatReader(dialogues, ROW, 0, joining, 5);
        long rows = reader.sequencesPerEpoch();
        var first = new HashSet<>(members(epoch(reader, rows)));
        var second = new HashSet<>(members(epoch(reader, rows)));
        var again =
                new HashSet<>(members(epoch(new ChatReader(dialogues, ROW, 0, joining, 5), rows)));
        assertThat(again).isEqualTo(first);
        first.removeIf(members -> members.size() == 1);
        int joined = first.size();
        first.retainAll(second);
        assertThat(joined).isGreaterThan(50);
        assertThat(first).hasSizeLessThan(joined / 10);
    }

    @Test
    void goesOnWhereAnotherReaderStopped() {
        var marks = new Marks(195, 196, 2, false);
        List<ChatExample> dialogues = dialogues(marks, 200, new Random(7));
        var joining = new ChatReader.Joining(3, marks);
        var whole = new ChatReader(dialogues, ROW, 0, joining, 7);
        long rows = whole.sequencesPerEpoch();
        whole.next((int) rows + 5);
        var resumed = new ChatReader(dialogues, ROW, 0, joining, 7);
        resumed.resume(whole.state());
        assertThat(resumed.next(8).ids()).isEqualTo(whole.next(8).ids());
    }
}

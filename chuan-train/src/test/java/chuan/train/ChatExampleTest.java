package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.train.ChatExample.Marks;
import chuan.train.ChatExample.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The official fine-tuning labels, written out by hand; texts are their own characters' codes.
class ChatExampleTest {
    private static final Marks MARKS = new Marks(195, 196, 2, false);
    private static final int NO = TrainBatch.IGNORED;

    private static ChatExample example(int limit, Message... messages) {
        return ChatExample.of(List.of(messages), text -> text.chars().toArray(), MARKS, limit);
    }

    @Test
    void onlyAnswersAndTheirEndsAreLabelled() {
        ChatExample e =
                example(
                        100,
                        new Message("user", "ab"),
                        new Message("assistant", "xy"),
                        new Message("user", "c"),
                        new Message("assistant", "z"));
        assertThat(e.ids()).containsExactly(195, 'a', 'b', 196, 'x', 'y', 195, 'c', 196, 'z', 2);
        assertThat(e.labels()).containsExactly(NO, NO, NO, 'x', 'y', 2, NO, NO, 'z', 2, NO);
    }

    @Test
    void inFormatOneEveryAnswerIsFollowedByItsEnd() {
        ChatExample e =
                ChatExample.of(
                        List.of(
                                new Message("user", "a"),
                                new Message("assistant", "xy"),
                                new Message("user", "c"),
                                new Message("assistant", "z")),
                        text -> text.chars().toArray(),
                        new Marks(195, 196, 2, true),
                        100);
        assertThat(e.ids()).containsExactly(195, 'a', 196, 'x', 'y', 2, 195, 'c', 196, 'z', 2);
        assertThat(e.labels()).containsExactly(NO, NO, 'x', 'y', 2, NO, NO, NO, 'z', 2, NO);
    }

    /// Conversations one after the other are what the same messages in one conversation are.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void joinedConversationsAreThoseOfAllTheirMessages(boolean endBehindEveryAnswer) {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var marks = new Marks(195, 196, 2, endBehindEveryAnswer);
        for (int trial = 0; trial < 100; trial++) {
            var all = new ArrayList<Message>();
            var parts = new ArrayList<ChatExample>();
            int count = 1 + random.nextInt(4);
            for (int part = 0; part < count; part++) {
                var messages = new ArrayList<Message>();
                if (part == 0 && random.nextBoolean()) {
                    messages.add(new Message("system", "s"));
                }
                for (int round = 0; round <= random.nextInt(3); round++) {
                    messages.add(new Message("user", "question".substring(random.nextInt(8))));
                    messages.add(new Message("assistant", "answer".substring(random.nextInt(6))));
                }
                all.addAll(messages);
                parts.add(ChatExample.of(messages, text -> text.chars().toArray(), marks, 999));
            }
            ChatExample whole = ChatExample.of(all, text -> text.chars().toArray(), marks, 999);
            ChatExample joined = ChatExample.joined(parts, marks);
            assertThat(joined.ids()).as("seed " + seed).isEqualTo(whole.ids());
            assertThat(joined.labels()).as("seed " + seed).isEqualTo(whole.labels());
            assertThat(ChatExample.joinedLength(parts, marks)).isEqualTo(whole.length());
        }
    }

    @Test
    void aCutConversationHasNoFalseEnd() {
        ChatExample e = example(6, new Message("user", "ab"), new Message("assistant", "wxyz"));
        assertThat(e.ids()).containsExactly(195, 'a', 'b', 196, 'w', 'x');
        assertThat(e.labels()).containsExactly(NO, NO, NO, 'w', 'x', NO);
    }

    @Test
    void anEmptyAnswerEndsAtOnce() {
        ChatExample e = example(100, new Message("user", "a"), new Message("assistant", ""));
        assertThat(e.ids()).containsExactly(195, 'a', 196, 2);
        assertThat(e.labels()).containsExactly(NO, NO, 2, NO);
    }

    @Test
    void systemTextIsReadButNotLearned() {
        ChatExample e =
                example(
                        100,
                        new Message("system", "s"),
                        new Message("user", "a"),
                        new Message("assistant", "x"));
        assertThat(e.ids()).containsExactly('s', 195, 'a', 196, 'x', 2);
        // As in the official code: the user token is labelled with the end also behind system text.
        assertThat(e.labels()).containsExactly(2, NO, NO, 'x', 2, NO);
    }

    @Test
    void aConversationCutWithinItsQuestionTeachesNothing() {
        assertThat(example(3, new Message("user", "abcdef"), new Message("assistant", "x")))
                .matches(e -> !e.hasLabels());
    }

    @Test
    void unknownRolesAreRefused() {
        assertThatThrownBy(() -> example(9, new Message("tool", "a")))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("tool");
    }
}

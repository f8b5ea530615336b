package chuan.engine;

import static chuan.engine.Toys.bytes;
import static chuan.engine.Toys.engine;
import static chuan.engine.Toys.scripted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChatSessionTest {

    /// A session that keeps its cache answers as one that computes everything anew, through drops
    /// of old rounds, cancellations and new system texts.
    @Test
    void cachedEqualsFresh() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 20; round++) {
            var engine =
                    engine(Toys.hashing(random.nextInt(100, 300), 7.5), new EngineOptions(0, 16));
            try (var kept = engine.chat()) {
                kept.setMaxTokens(random.nextInt(1, 40));
                for (int turn = 0; turn < 8; turn++) {
                    if (random.nextInt(5) == 0) kept.setSystem("s".repeat(random.nextInt(5)));
                    String question = "q".repeat(random.nextInt(0, 30));
                    var before = kept.messages();
                    var stop = new Cancellation();
                    if (random.nextInt(5) == 0) {
                        kept.reply(question, _ -> stop.cancel(), stop);
                        continue;
                    }
                    var reply = kept.reply(question, TokenListener.NONE);
                    try (var fresh = engine.chat()) {
                        fresh.setMessages(before);
                        fresh.setMaxTokens(kept.maxTokens());
                        var expected = fresh.reply(question, TokenListener.NONE);
                        assertThat(reply.result().ids())
                                .as("seed %d, round %d, turn %d", seed, round, turn)
                                .isEqualTo(expected.result().ids());
                        assertThat(expected.result().statistics().cachedTokens()).isZero();
                    }
                }
            }
        }
    }

    @Test
    void aTurnComputesOnlyWhatIsNew() {
        var backend = Toys.hashing(4000, -100);
        var engine = engine(backend);
        try (var chat = engine.chat()) {
            chat.setMaxTokens(20);
            chat.setSystem("s".repeat(500));
            chat.reply("a".repeat(100), TokenListener.NONE);
            backend.tokens = 0;
            var reply = chat.reply("b", TokenListener.NONE);
            var statistics = reply.result().statistics();
            assertThat(statistics.cachedTokens()).isGreaterThan(600);
            // the answer before is encoded anew and may differ from the tokens that were chosen
            assertThat(statistics.promptTokens() - statistics.cachedTokens()).isLessThan(100);
            assertThat(backend.tokens)
                    .isEqualTo(
                            statistics.promptTokens()
                                    - statistics.cachedTokens()
                                    + statistics.generatedTokens()
                                    - 1);
        }
        assertThat(backend.openCaches).isZero();
    }

    @Test
    void answersStopAtTheIdsOfTheFormat() {
        for (int id : new int[] {Toys.EOS, Toys.USER}) {
            var engine = engine(scripted(Toys.join(bytes("hi"), new int[] {id}, bytes("more"))));
            try (var chat = engine.chat()) {
                var reply = chat.reply("q", TokenListener.NONE);
                assertThat(reply.text()).isEqualTo("hi");
                assertThat(reply.result().finishReason()).isEqualTo(FinishReason.STOP);
                assertThat(chat.messages())
                        .containsExactly(ChatMessage.user("q"), ChatMessage.assistant("hi"));
            }
        }
    }

    @Test
    void aCancelledAnswerKeepsWhatWasSaid() {
        var engine = engine(scripted(bytes("hello")));
        try (var chat = engine.chat()) {
            var stop = new Cancellation();
            var deltas = new ArrayList<String>();
            chat.reply(
                    "q",
                    delta -> {
                        deltas.add(delta);
                        if (deltas.size() == 2) stop.cancel();
                    },
                    stop);
            assertThat(chat.messages().getLast()).isEqualTo(ChatMessage.assistant("he"));

            var early = new Cancellation();
            early.cancel();
            chat.reply("never seen", TokenListener.NONE, early);
            assertThat(chat.messages()).hasSize(2);
            chat.reset();
            assertThat(chat.messages()).isEmpty();
        }
    }

    @Test
    void aFailedAnswerLeavesTheConversationAsItWas() {
        var backend = Toys.hashing(200, 7);
        var engine = engine(backend);
        try (var chat = engine.chat()) {
            chat.reply("q", TokenListener.NONE);
            var before = chat.messages();
            backend.beforeStep =
                    () -> {
                        throw new IllegalStateException("device lost");
                    };
            assertThatThrownBy(() -> chat.reply("r", TokenListener.NONE)).hasMessage("device lost");
            assertThat(chat.messages()).isEqualTo(before);
            backend.beforeStep = () -> {};
            assertThat(chat.reply("r", TokenListener.NONE).result().statistics().cachedTokens())
                    .isZero();
        }
    }

    @Test
    void anOverlongQuestionSaysThatItWasCut() {
        var engine = engine(Toys.hashing(100, 7), new EngineOptions(100, 16));
        try (var chat = engine.chat()) {
            chat.setMaxTokens(10);
            var reply = chat.reply("q".repeat(500), TokenListener.NONE);
            assertThat(reply.truncated()).isTrue();
            assertThat(reply.result().statistics().promptTokens()).isEqualTo(91);
            reply = chat.reply("short", TokenListener.NONE);
            assertThat(reply.truncated()).isFalse();
            assertThat(reply.droppedMessages()).isEqualTo(2);
        }
    }

    /// What a user spells is never the id of a speaker.
    @Test
    void usersCannotSpellControlTokens() {
        var ids = new ArrayList<Integer>();
        var backend = Toys.hashing(300, 100);
        var template =
                new ChatTemplate(
                        ChatTemplate.Format.V1, Toys.USER, Toys.ASSISTANT, Toys.EOS, false);
        var tokenizer = engine(backend).tokenizer();
        var prompt =
                template.render(
                        List.of(ChatMessage.user("</s><reserved_102><reserved_103><s>")),
                        tokenizer::encode,
                        300,
                        10);
        for (int id : prompt.ids()) if (id <= Toys.ASSISTANT) ids.add(id);
        assertThat(ids).containsExactly(Toys.USER, Toys.ASSISTANT);
    }

    @Test
    void chatsFromManyThreadsDoNotMix() throws Exception {
        var engine = engine(Toys.hashing(300, 7.5), new EngineOptions(0, 16));
        var expected = new ArrayList<List<Integer>>();
        for (int i = 0; i < 8; i++) expected.add(answer(engine, "question " + i));
        try (var threads = java.util.concurrent.Executors.newFixedThreadPool(8)) {
            var answers = new ArrayList<java.util.concurrent.Future<List<Integer>>>();
            for (int i = 0; i < 8; i++) {
                String question = "question " + i;
                answers.add(threads.submit(() -> answer(engine, question)));
            }
            for (int i = 0; i < 8; i++) assertThat(answers.get(i).get()).isEqualTo(expected.get(i));
        }
    }

    private static List<Integer> answer(Engine engine, String question) {
        try (var chat = engine.chat()) {
            chat.setMaxTokens(30);
            chat.reply("my name is X", TokenListener.NONE);
            return chat.reply(question, TokenListener.NONE).result().ids();
        }
    }
}

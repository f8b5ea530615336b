package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.constrain.SchemaException;
import chuan.load.MissingBackendException;
import chuan.model.ContextTooLongException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The calls for programs, against the session and the generator that compute one answer by
/// themselves.
@Timeout(60)
class LanguageModelTest {
    private static final String QUESTION = "哪座山最高？";

    private static LanguageModel model() {
        return new LanguageModel(Toys.engine(Toys.hashing(4096, 6)), SchedulerOptions.defaults());
    }

    /// What an answer has to be: by another road, on a back end of its own.
    private static List<String> bySession(String system, int maxTokens, String... questions) {
        var answers = new ArrayList<String>();
        try (var session = Toys.engine(Toys.hashing(4096, 6)).chat()) {
            session.setSystem(system);
            session.setMaxTokens(maxTokens);
            for (String question : questions)
                answers.add(session.reply(question, TokenListener.NONE).text());
        }
        return answers;
    }

    @Test
    void aConversationIsThatOfASession() {
        var expected = bySession("你是山。", 30, QUESTION, "And then?", "为什么？");
        try (var model = model()) {
            var shown = new StringBuilder();
            var first = model.chat(QUESTION).system("你是山。").maxTokens(30).stream(shown::append);
            var second = first.then("And then?").run();
            var third = second.then("为什么？").stream().collect(Collectors.joining());
            assertThat(List.of(first.text(), second.text(), third)).isEqualTo(expected);
            assertThat(shown.toString()).isEqualTo(first.text());
            assertThat(second.messages())
                    .containsExactly(
                            ChatMessage.system("你是山。"),
                            ChatMessage.user(QUESTION),
                            ChatMessage.assistant(first.text()),
                            ChatMessage.user("And then?"),
                            ChatMessage.assistant(second.text()));
            var told = model.chat("And then?").history(first.messages()).maxTokens(30).run();
            assertThat(told.text()).isEqualTo(second.text());
        }
    }

    @Test
    void whatDoesNotFitIsLeftOutOrRefused() {
        try (var model =
                new LanguageModel(Toys.engine(Toys.hashing(200, 6)), SchedulerOptions.defaults())) {
            var old = List.of(ChatMessage.user("x".repeat(90)), ChatMessage.assistant("y"));
            var call = model.chat("z".repeat(90)).history(old).maxTokens(60);
            assertThat(call.run().droppedMessages()).isEqualTo(2);
            assertThat(call.whole().run().droppedMessages()).isZero();
            var longer = model.chat("z".repeat(190)).history(old).maxTokens(5);
            assertThat(longer.run().truncated()).isFalse();
            assertThatThrownBy(longer.whole()::run).isInstanceOf(ContextTooLongException.class);
            var longest = model.chat("z".repeat(500)).maxTokens(5);
            assertThat(longest.run().truncated()).isTrue();
            assertThatThrownBy(longest.whole()::run).isInstanceOf(ContextTooLongException.class);
        }
    }

    @Test
    void aCallIsAValue() {
        try (var model = model()) {
            var call = model.complete("One, two,").maxTokens(12);
            var short_ = call.maxTokens(3);
            assertThat(short_.run().ids()).isEqualTo(call.run().ids().subList(0, 3));
            assertThat(call.run())
                    .usingRecursiveComparison()
                    .ignoringFields("statistics", "seed")
                    .isEqualTo(call.run());
            var warm = call.temperature(1).seed(7);
            assertThat(warm.run().ids()).isEqualTo(warm.run().ids());
            assertThat(warm.run().ids()).isNotEqualTo(call.run().ids());
        }
    }

    @Test
    void manyThreadsGetTheAnswersThatTheyWouldGetAlone() throws Exception {
        try (var model = model();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<String>>();
            for (int i = 0; i < 24; i++) {
                String question = "Question " + i + "?";
                futures.add(threads.submit(() -> model.chat(question).maxTokens(20).run().text()));
            }
            for (int i = 0; i < futures.size(); i++)
                assertThat(List.of(futures.get(i).get()))
                        .isEqualTo(bySession("", 20, "Question " + i + "?"));
        }
    }

    @Test
    void aCancelledCallReturnsWhatThereIs() {
        var endless =
                new LanguageModel(
                        Toys.engine(Toys.hashing(4096, -10)), SchedulerOptions.defaults());
        try (endless) {
            var cancellation = new Cancellation();
            var result =
                    endless.complete("a").maxTokens(4000).cancelledBy(cancellation).stream(
                            _ -> cancellation.cancel());
            assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(result.text()).isNotEmpty();
            assertThat(result.ids()).hasSizeLessThan(4000);
        }
    }

    @Test
    void leavingAStreamEndsItsRun() throws Exception {
        var backend = Toys.hashing(100_000, -10);
        try (var model = new LanguageModel(Toys.engine(backend), SchedulerOptions.defaults())) {
            try (var pieces = model.complete("a").maxTokens(99_000).stream()) {
                assertThat(pieces.limit(3)).hasSize(3);
            }
            while (model.scheduler().statistics().running() > 0) Thread.sleep(5);
            assertThat(backend.tokens).isLessThan(99_000);
        }
    }

    @Test
    void anInterruptEndsACallAndStays() throws Exception {
        try (var model =
                new LanguageModel(
                        Toys.engine(Toys.hashing(100_000, -10)), SchedulerOptions.defaults())) {
            var thread = Thread.currentThread();
            assertThatThrownBy(() ->
                            model.complete("a").maxTokens(99_000).stream(_ -> thread.interrupt()))
                    .isInstanceOf(CancellationException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void anExceptionOfTheReaderComesOut() {
        try (var model = model()) {
            assertThatThrownBy(() ->
                            model.chat(QUESTION).stream(_ -> {
                                throw new IllegalStateException("full");
                            }))
                    .hasMessage("full");
            assertThat(model.chat(QUESTION).maxTokens(3).run().result().ids()).isNotEmpty();
        }
    }

    /// Lets capital letters follow, as many as `length`.
    private record Capitals(int length) implements Constraint {
        @Override
        public int start() {
            return 0;
        }

        @Override
        public int advance(int state, int token) {
            boolean capital = token >= Toys.BYTE + 'A' && token <= Toys.BYTE + 'Z';
            return capital && state < length ? state + 1 : -1;
        }

        @Override
        public boolean accepting(int state) {
            return state == length;
        }

        @Override
        public boolean complete(int state) {
            return state == length;
        }

        @Override
        public void mask(int state, float[] logits) {
            for (int id = 0; id < logits.length; id++)
                if (advance(state, id) < 0) logits[id] = Float.NEGATIVE_INFINITY;
        }
    }

    @Test
    void whatMayBeWrittenStopsAndProbabilitiesAreAskedForOnTheCall() {
        try (var model = model()) {
            var capitals = model.chat(QUESTION).constraint(new Capitals(9)).run();
            assertThat(capitals.text()).matches("[A-Z]{9}");
            assertThat(capitals.result().finishReason()).isEqualTo(FinishReason.STOP);
            String middle = capitals.text().substring(4, 6);
            var stopped = model.chat(QUESTION).constraint(new Capitals(9)).stop(middle).run();
            int first = capitals.text().indexOf(middle);
            assertThat(stopped.text()).isEqualTo(capitals.text().substring(0, first));
            var known = model.chat(QUESTION).constraint(new Capitals(2)).logprobs(3).run();
            assertThat(known.result().tokens())
                    .hasSize(2)
                    .allSatisfy(t -> assertThat(t.top()).hasSize(3))
                    .allSatisfy(t -> assertThat(t.logprob()).isNegative());
        }
    }

    @Test
    void formsOfAnAnswerAreAskedForOnTheCall() {
        try (var model = model()) {
            assertThat(model.chat(QUESTION).choice("yes", "不").run().text()).isIn("yes", "不");
            assertThat(model.chat(QUESTION).regex("[0-9]{4}-[0-9]{2}").run().text())
                    .matches("[0-9]{4}-[0-9]{2}");
            assertThat(model.complete("n =").regex(" [0-9]{3}").run().text()).matches(" [0-9]{3}");
            var schema = "{\"type\": \"integer\", \"minimum\": 10, \"maximum\": 99}";
            assertThat(model.chat(QUESTION).json(schema).run().text()).matches("[1-9][0-9]");
            assertThatThrownBy(() -> model.chat(QUESTION).json("{"))
                    .isInstanceOf(SchemaException.class);
        }
    }

    @Test
    void whatCannotBeRunIsSaidBeforeItRuns() {
        try (var model = model()) {
            assertThatThrownBy(() -> model.chat(QUESTION).temperature(-1))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("temperature: ");
            assertThatThrownBy(() -> model.chat(List.of()).run())
                    .isInstanceOf(InvalidRequestException.class);
            assertThatThrownBy(() -> model.complete().run())
                    .isInstanceOf(InvalidRequestException.class);
        }
    }

    @Test
    void embeddingsHaveLengthOneAndAreTheMeanOfTheHiddenStates() {
        var backend = Toys.hashing(4096, 6);
        var engine = Toys.engine(backend);
        String text = "山高水长";
        int[] ids = engine.tokenizer().encode(text);
        int width = backend.config().hidden();
        float[] hidden = new float[ids.length * width];
        try (var cache = backend.newCache(ids.length)) {
            backend.hidden(cache, ids, 0, ids.length, hidden);
        }
        double[] mean = new double[width];
        for (int i = 0; i < hidden.length; i++) mean[i % width] += hidden[i];
        double length = Math.sqrt(java.util.Arrays.stream(mean).map(x -> x * x).sum());
        try (var model = new LanguageModel(engine, SchedulerOptions.defaults())) {
            float[] vector = model.embed(text);
            assertThat(vector).hasSize(width);
            for (int i = 0; i < width; i++)
                assertThat((double) vector[i])
                        .isCloseTo(mean[i] / length, org.assertj.core.data.Offset.offset(1e-5));
        }
    }

    @Test
    void withoutABackEndOpeningSaysWhatToAdd() {
        assertThatThrownBy(() -> Chuan.open(Path.of("no-such-model")))
                .isInstanceOf(MissingBackendException.class)
                .hasMessageContaining("chuan:chuan-cpu");
    }
}

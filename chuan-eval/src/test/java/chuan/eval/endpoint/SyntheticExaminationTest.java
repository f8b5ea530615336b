package chuan.eval.endpoint;

import static chuan.eval.endpoint.SyntheticEndpoint.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.Examination;
import chuan.eval.ExaminationException;
import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Task;
import chuan.eval.Verdict.Outcome;
import chuan.eval.endpoint.SyntheticEndpoint.Conduct;
import chuan.eval.endpoint.SyntheticEndpoint.Logprobs;
import chuan.eval.endpoint.SyntheticEndpoint.Said;
import chuan.eval.extract.AnswerReader;
import chuan.eval.extract.CmmluReader;
import chuan.eval.extract.Comparison;
import chuan.eval.extract.StrictLetter;
import chuan.eval.extract.WrittenJudge;
import chuan.eval.report.ExaminationFile;
import chuan.eval.run.Examiner;
import chuan.eval.task.TaskSettings;
import chuan.eval.task.Tasks;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Endpoints whose abilities are known get the scores that they must, to the question, through all
/// of it: a task's file, prompts, requests, replies, verdicts, the file of results. Of the keys of
/// the 200 questions 60 are B.
class SyntheticExaminationTest {
    private static final int QUESTIONS = 200;
    private static final int CONCURRENCY = 16;
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");

    /// Answers by the number of the question in the prompt.
    private static final Map<Integer, String> KEYS = keys();

    private static Path resource(String name) {
        try {
            var url = SyntheticExaminationTest.class.getResource(name);
            return Path.of(Objects.requireNonNull(url).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<Integer, String> keys() {
        var keys = new HashMap<Integer, String>();
        for (String subject : List.of("sums", "series"))
            try {
                for (String line :
                        Files.readAllLines(resource("invented/test/" + subject + ".csv"))) {
                    int at = line.indexOf('第');
                    if (at < 0) continue;
                    String number = line.substring(at + 1, line.indexOf('题'));
                    keys.put(Integer.valueOf(number), line.substring(line.length() - 1));
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        return keys;
    }

    private static Task task(boolean chat) throws IOException {
        return Tasks.open(
                resource("invented.yaml").toString(),
                new TaskSettings(
                        Objects.requireNonNull(resource("invented.yaml").getParent()),
                        Optional.empty(),
                        Optional.empty(),
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty(),
                        chat,
                        OptionalLong.empty(),
                        4096));
    }

    /// The same questions, answered in words.
    private record Written(Task task, AnswerReader reader) implements Task {
        @Override
        public String name() {
            return task.name();
        }

        @Override
        public String title() {
            return task.title();
        }

        @Override
        public Grouping grouping() {
            return task.grouping();
        }

        @Override
        public Map<String, String> titles() {
            return task.titles();
        }

        @Override
        public double chance() {
            return task.chance();
        }

        @Override
        public Map<String, Object> facts() {
            return task.facts();
        }

        @Override
        public List<Exercise> exercises(ToIntFunction<String> countTokens) throws IOException {
            return task.exercises(countTokens).stream().map(this::written).toList();
        }

        private Exercise written(Exercise e) {
            var ask = new Ask.Writing(e.asks().getFirst().prompt(), List.of(), 64, 0, 0);
            var judge = new WrittenJudge(reader, Comparison.EQUAL, e.key());
            return new Exercise(
                    e.task(),
                    e.subject(),
                    e.index(),
                    List.of(ask),
                    judge,
                    e.choices(),
                    e.key(),
                    e.shots(),
                    e.dropped());
        }
    }

    private static EndpointOptions options(SyntheticEndpoint endpoint) {
        return EndpointOptions.of(endpoint.address(), "")
                .withConcurrency(CONCURRENCY)
                .withAttempts(3, Duration.ofMillis(1))
                .withTimeout(Duration.ofSeconds(60));
    }

    private static Examination hold(SyntheticEndpoint endpoint, Task task) throws IOException {
        try (var examinee = EndpointExaminee.open(options(endpoint))) {
            return new Examiner(examinee, Map.of(), true, Examiner.Progress.NONE)
                    .hold(List.of(task), new Cancellation());
        }
    }

    private static List<Result> results(Examination examination) {
        var results = examination.papers().getFirst().results();
        assertThat(results).hasSize(QUESTIONS);
        return results;
    }

    private static double right(Examination examination) {
        return results(examination).stream().mapToDouble(r -> r.verdict().credit()).sum();
    }

    private static long count(Examination examination, Outcome outcome) {
        return results(examination).stream().filter(r -> r.verdict().outcome() == outcome).count();
    }

    private static String key(SyntheticEndpoint.Heard heard) {
        return KEYS.getOrDefault(heard.number(), "A");
    }

    private static String wrong(SyntheticEndpoint.Heard heard) {
        return LETTERS.get((LETTERS.indexOf(key(heard)) + 1) % LETTERS.size());
    }

    @ParameterizedTest
    @EnumSource(Logprobs.class)
    void alwaysB(Logprobs logprobs) throws IOException {
        try (var endpoint = new SyntheticEndpoint(logprobs, _ -> new Said.Text("B"))) {
            var examination = hold(endpoint, task(false));
            assertThat(right(examination)).isEqualTo(60);
            assertThat(count(examination, Outcome.ANSWERED)).isEqualTo(QUESTIONS);
            assertThat(results(examination))
                    .allSatisfy(r -> assertThat(r.verdict().choice()).isEqualTo("B"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "TOP_20, false",
        "TOP_20, true",
        "TOP_5, false",
        "TOP_5, true",
        "NONE, false",
        "REFUSED, true"
    })
    void perfect(Logprobs logprobs, boolean chat) throws IOException {
        try (var endpoint = new SyntheticEndpoint(logprobs, h -> new Said.Text(key(h)))) {
            assertThat(right(hold(endpoint, task(chat)))).isEqualTo(QUESTIONS);
        }
    }

    @Test
    void threeOfFiveRight() throws IOException {
        Conduct conduct = h -> new Said.Text(h.number() % 5 < 3 ? key(h) : wrong(h));
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct)) {
            assertThat(right(hold(endpoint, task(false)))).isEqualTo(120);
        }
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var written = new Written(task(true), new StrictLetter(4, List.of()));
            assertThat(right(hold(endpoint, written))).isEqualTo(120);
        }
    }

    @ParameterizedTest
    @EnumSource(Logprobs.class)
    void aRefusalIsNoAnswerHoweverItIsAsked(Logprobs logprobs) throws IOException {
        Conduct conduct = _ -> new Said.Text("I cannot answer this question.");
        try (var endpoint = new SyntheticEndpoint(logprobs, conduct)) {
            boolean letters = logprobs != Logprobs.TOP_20; // there all letters are reported
            var tasks = new ArrayList<Task>();
            if (letters) tasks.add(task(false));
            tasks.add(new Written(task(true), new StrictLetter(4, List.of())));
            for (var task : tasks) {
                var examination = hold(endpoint, task);
                assertThat(right(examination)).isZero();
                assertThat(count(examination, Outcome.UNPARSED)).isEqualTo(QUESTIONS);
            }
        }
    }

    @Test
    void proseIsReadByTheRuleThatReadsProse() throws IOException {
        Conduct conduct =
                h ->
                        new Said.Text(
                                h.number() % 2 == 0
                                        ? "The answer is %s because it fits.".formatted(key(h))
                                        : "「答案是%s」，因为符合。".formatted(key(h)));
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var read = hold(endpoint, new Written(task(true), new CmmluReader()));
            assertThat(right(read)).isEqualTo(QUESTIONS);
            var strict = new Written(task(true), new StrictLetter(4, List.of()));
            assertThat(count(hold(endpoint, strict), Outcome.UNPARSED)).isEqualTo(QUESTIONS);
            assertThat(count(hold(endpoint, task(true)), Outcome.UNPARSED)).isEqualTo(QUESTIONS);
        }
    }

    /// Each question fails in one of eight ways, once.
    @Test
    void whatPassesCostsNoQuestion() throws IOException {
        Conduct conduct =
                h ->
                        h.attempt() > 1 || h.number() < 0
                                ? new Said.Text(key(h))
                                : switch (h.number() % 8) {
                                    case 0 ->
                                            new Said.Status(429, "{}", Map.of("Retry-After", "0"));
                                    case 1 -> error(500, "oh");
                                    case 2 -> error(503, "busy");
                                    case 3 -> new Said.Raw("text/html", "<html>504</html>");
                                    case 4 -> new Said.Raw("application/json", "{\"choices\":");
                                    case 5 -> new Said.Cut();
                                    case 6 -> new Said.Status(529, "<overloaded>");
                                    default -> new Said.Raw("application/json", "");
                                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct)) {
            var examination = hold(endpoint, task(false));
            assertThat(right(examination)).isEqualTo(QUESTIONS);
            assertThat(examination.facts())
                    .containsEntry("run_requests_repeated", (long) QUESTIONS);
        }
    }

    @Test
    void failuresAreCountedAndOnlyTheyAreAskedAgain(@TempDir Path folder) throws IOException {
        var healthy = new AtomicInteger();
        var asked = new AtomicInteger();
        Conduct conduct =
                h -> {
                    if (h.number() > 0) asked.incrementAndGet();
                    return h.number() % 10 == 7 && healthy.get() == 0
                            ? error(500, "never")
                            : new Said.Text(key(h));
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.NONE, conduct)) {
            var broken = write(endpoint, folder.resolve("run.json"), new Cancellation());
            assertThat(count(broken, Outcome.FAILED)).isEqualTo(20);
            assertThat(right(broken)).isEqualTo(180);
            assertThat(results(broken))
                    .filteredOn(r -> !r.failure().isEmpty())
                    .hasSize(20)
                    .allSatisfy(r ->
                            assertThat(r.failure()).isEqualTo("HTTP 500: never, in 3 attempts"));
            healthy.set(1);
            asked.set(0);
            var whole = write(endpoint, folder.resolve("run.json"), new Cancellation());
            assertThat(asked.get()).isEqualTo(20);
            assertThat(right(whole)).isEqualTo(QUESTIONS);
            var unbroken = write(endpoint, folder.resolve("other.json"), new Cancellation());
            assertThat(ExaminationFile.text(whole)).isEqualTo(ExaminationFile.text(unbroken));
            assertThat(folder.resolve("run.json"))
                    .hasSameTextualContentAs(folder.resolve("other.json"));
        }
    }

    private static Examination write(SyntheticEndpoint endpoint, Path out, Cancellation stop)
            throws IOException {
        try (var examinee = EndpointExaminee.open(options(endpoint))) {
            return new Examiner(examinee, Map.of(), false, Examiner.Progress.NONE)
                    .holdAndWrite(List.of(task(false)), out, stop);
        }
    }

    /// The endpoint dies after 90 answers; later it is back, at the same address.
    @Test
    void anEndpointThatDiesInTheMiddleLosesNothing(@TempDir Path folder) throws IOException {
        var left = new AtomicInteger(90);
        var asked = new AtomicInteger();
        Conduct conduct =
                h -> {
                    if (h.number() < 0) return new Said.Text("A");
                    asked.incrementAndGet();
                    return left.getAndDecrement() > 0
                            ? new Said.Text(h.number() % 3 == 0 ? key(h) : "A")
                            : new Said.Cut();
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_5, conduct)) {
            Path out = folder.resolve("run.json");
            assertThatThrownBy(() -> write(endpoint, out, new Cancellation()))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessageContaining("the same command goes on");
            assertThat(out).doesNotExist();
            left.set(Integer.MAX_VALUE);
            asked.set(0);
            var resumed = write(endpoint, out, new Cancellation());
            // what was on its way when the run gave up is asked again
            assertThat(asked.get()).isBetween(QUESTIONS - 90, QUESTIONS - 90 + CONCURRENCY);
            var unbroken = write(endpoint, folder.resolve("other.json"), new Cancellation());
            assertThat(ExaminationFile.text(resumed)).isEqualTo(ExaminationFile.text(unbroken));
        }
    }

    @Test
    void anInterruptionLosesNothing(@TempDir Path folder) throws IOException {
        var stop = new Cancellation();
        var never = new CountDownLatch(1);
        var asked = new AtomicInteger();
        var again = new AtomicBoolean();
        Conduct conduct =
                h -> {
                    if (h.number() > 0 && asked.incrementAndGet() > 60 && !again.get()) {
                        stop.cancel();
                        never.await();
                    }
                    return new Said.Text(key(h));
                };
        try (var endpoint = new SyntheticEndpoint(Logprobs.TOP_20, conduct)) {
            Path out = folder.resolve("run.json");
            assertThatThrownBy(() -> write(endpoint, out, stop))
                    .isInstanceOf(CancellationException.class);
            again.set(true);
            asked.set(0);
            assertThat(right(write(endpoint, out, new Cancellation()))).isEqualTo(QUESTIONS);
            assertThat(asked.get()).isBetween(QUESTIONS - 60, QUESTIONS - 1);
        }
    }
}

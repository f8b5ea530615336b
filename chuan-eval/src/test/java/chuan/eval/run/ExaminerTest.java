package chuan.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.Examination;
import chuan.eval.ExaminationException;
import chuan.eval.Examinee;
import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.Result;
import chuan.eval.Task;
import chuan.eval.Verdict;
import chuan.eval.report.ExaminationFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Interruptions of all kinds, and what a result says afterwards.
class ExaminerTest {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");

    @TempDir Path folder;

    /// Two subjects; each question has two asks.
    private record Invented(String name, int questions, Map<String, Object> facts) implements Task {
        @Override
        public String title() {
            return "Invented";
        }

        @Override
        public Grouping grouping() {
            return new Grouping(
                    List.of(new Grouping.Column("All", List.of("one", "two"))),
                    Grouping.Average.MICRO);
        }

        @Override
        public Map<String, String> titles() {
            return Map.of("one", "One", "two", "Two");
        }

        @Override
        public double chance() {
            return 0.25;
        }

        @Override
        public List<Exercise> exercises(ToIntFunction<String> countTokens) {
            var all = new ArrayList<Exercise>();
            for (String subject : List.of("one", "two"))
                for (int i = 0; i < questions; i++) all.add(exercise(subject, i));
            return all;
        }

        private Exercise exercise(String subject, int index) {
            var prompt = new Prompt.Text(name + " " + subject + " " + index);
            return new Exercise(
                    name,
                    subject,
                    index,
                    List.of(
                            new Ask.Letters(prompt, LETTERS, LetterTokens.PLAIN),
                            new Ask.Writing(prompt, List.of(), 4, 0, 0)),
                    replies -> {
                        double[] scores = ((Reply.Letters) replies.getFirst()).scores();
                        int best = 0;
                        for (int i = 1; i < 4; i++) if (scores[i] > scores[best]) best = i;
                        return new Verdict(
                                Verdict.Outcome.ANSWERED,
                                LETTERS.get(best),
                                best == index % 4 ? 1 : 0,
                                List.of(scores[0], scores[1], scores[2], scores[3]));
                    },
                    LETTERS,
                    List.of(LETTERS.get(index % 4)),
                    0,
                    0);
        }
    }

    /// Answers in a random order; can be interrupted, and can fail to answer.
    private static final class Toy implements Examinee {
        private final Random random;
        private final Map<String, Object> facts = new LinkedHashMap<>(Map.of("model", "toy"));
        private final Set<String> asked = new HashSet<>();
        private IntPredicate fails = _ -> false;
        private int patience = Integer.MAX_VALUE;

        Toy(long seed) {
            random = new Random(seed);
        }

        @Override
        public Map<String, Object> facts() {
            return facts;
        }

        @Override
        public int countTokens(String text) {
            return text.length();
        }

        @Override
        public void answer(List<Ask> asks, Listener listener, Cancellation cancellation) {
            var order = new ArrayList<Integer>();
            for (int i = 0; i < asks.size(); i++) order.add(i);
            Collections.shuffle(order, random);
            for (int ask : order) {
                if (patience-- == 0 || cancellation.isCancelled())
                    throw new CancellationException();
                String text = ((Prompt.Text) asks.get(ask).prompt()).text();
                asked.add(text);
                listener.reply(ask, reply(asks.get(ask), text), random.nextDouble());
            }
        }

        private Reply reply(Ask ask, String text) {
            int hash = text.hashCode();
            if (fails.test(hash)) return new Reply.Failure("no connection");
            var of = new Random(hash);
            return switch (ask) {
                case Ask.Letters _ -> new Reply.Letters(of.doubles(4).toArray(), text.length());
                case Ask.Writing _ -> new Reply.Writing("text of " + text, false, text.length(), 3);
                case Ask.Likelihood _ -> throw new AssertionError();
            };
        }

        @Override
        public void close() {}
    }

    private static List<Task> tasks() {
        return List.of(
                new Invented("first", 40, Map.of("shots", 5)),
                new Invented("second", 10, Map.of("shots", 0)));
    }

    private static Examiner examiner(Examinee examinee) {
        return new Examiner(examinee, Map.of("program", "test"), false, Examiner.Progress.NONE);
    }

    @Test
    void anInterruptedRunGoesOnToTheSameBytes() throws IOException {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        Path whole = folder.resolve("whole.json");
        examiner(new Toy(1)).holdAndWrite(tasks(), whole, new Cancellation());
        Path out = folder.resolve("out.json");
        var toy = new Toy(seed);
        int asks = 0;
        for (boolean done = false; !done; ) {
            toy.patience = random.nextInt(60);
            int patience = toy.patience;
            try {
                examiner(toy).holdAndWrite(tasks(), out, new Cancellation());
                done = true;
            } catch (CancellationException _) {
                asks += patience;
                assertThat(out).doesNotExist();
                cutLastLine(random);
            }
            assertThat(asks).as("seed %d", seed).isLessThan(100_000);
        }
        assertThat(out).as("seed %d", seed).hasSameBinaryContentAs(whole);
        assertThat(folder.resolve("out.json.lines")).doesNotExist();
    }

    /// As a crash in the middle of writing would.
    private void cutLastLine(Random random) throws IOException {
        Path lines = folder.resolve("out.json.lines");
        byte[] bytes = Files.readAllBytes(lines);
        int cut = Math.min(random.nextInt(40), bytes.length);
        try (var channel = FileChannel.open(lines, StandardOpenOption.WRITE)) {
            channel.truncate(bytes.length - cut);
        }
    }

    @Test
    void whatIsKnownIsNotAskedAgain() throws IOException {
        Path out = folder.resolve("out.json");
        var first = new Toy(1);
        first.patience = 100;
        assertThatThrownBy(() -> examiner(first).holdAndWrite(tasks(), out, new Cancellation()))
                .isInstanceOf(CancellationException.class);
        long kept = Files.readAllLines(Examiner.unfinished(out)).size() - 1L;
        assertThat(kept).isPositive();
        var second = new Toy(2);
        examiner(second).holdAndWrite(tasks(), out, new Cancellation());
        assertThat(second.asked).hasSize((int) (100 - kept));
    }

    @Test
    void onlyFailedQuestionsAreAskedAgain() throws IOException {
        Path whole = folder.resolve("whole.json");
        examiner(new Toy(1)).holdAndWrite(tasks(), whole, new Cancellation());
        Path out = folder.resolve("out.json");
        var toy = new Toy(1);
        toy.fails = hash -> hash % 3 == 0;
        var examination = examiner(toy).holdAndWrite(tasks(), out, new Cancellation());
        long failures = Examiner.failures(examination);
        assertThat(failures).isBetween(1L, 99L);
        assertThat(examination.papers().getFirst().results())
                .filteredOn(result -> !result.failure().isEmpty())
                .allSatisfy(result -> {
                    assertThat(result.failure()).isEqualTo("no connection");
                    assertThat(result.verdict().credit()).isZero();
                    assertThat(result.verdict().outcome()).isEqualTo(Verdict.Outcome.FAILED);
                });
        var again = new Toy(3);
        examiner(again).holdAndWrite(tasks(), out, new Cancellation());
        assertThat(again.asked).hasSize((int) failures);
        assertThat(out).hasSameBinaryContentAs(whole);
    }

    @Test
    void otherSettingsAreRefusedWithWhatDiffers() {
        Path out = folder.resolve("out.json");
        var toy = new Toy(1);
        toy.patience = 50;
        assertThatThrownBy(() -> examiner(toy).holdAndWrite(tasks(), out, new Cancellation()))
                .isInstanceOf(CancellationException.class);
        var other = new Toy(1);
        other.facts.put("model", "another");
        other.facts.put("run_threads", 7);
        var changed = List.<Task>of(new Invented("first", 40, Map.of("shots", 0)));
        assertThatThrownBy(() -> examiner(other).holdAndWrite(changed, out, new Cancellation()))
                .isInstanceOf(ExaminationException.class)
                .hasMessageContaining("out.json.lines: was begun with other settings")
                .hasMessageContaining("model was toy, is another")
                .hasMessageContaining("first.shots was 5, is 0")
                .hasMessageContaining("second was {\"shots\":0}, is absent")
                .hasMessageNotContaining("threads");
    }

    @Test
    void anotherFileIsNotOverwritten() throws IOException {
        Path out = folder.resolve("letter.json");
        Files.writeString(out, "{\"dear\": \"Sir\"}");
        assertThatThrownBy(
                        () -> examiner(new Toy(1)).holdAndWrite(tasks(), out, new Cancellation()))
                .hasMessageContaining("letter.json");
        assertThat(out).hasContent("{\"dear\": \"Sir\"}");
        Path free = folder.resolve("free.json");
        Files.writeString(Examiner.unfinished(free), "a shopping list\n");
        assertThatThrownBy(
                        () -> examiner(new Toy(1)).holdAndWrite(tasks(), free, new Cancellation()))
                .isInstanceOf(ExaminationException.class)
                .hasMessageContaining("is no unfinished run of chuan eval");
        assertThat(Examiner.unfinished(free)).hasContent("a shopping list\n");
    }

    @Test
    void aDamagedLineIsNamed() throws IOException {
        Path out = folder.resolve("out.json");
        var toy = new Toy(1);
        toy.patience = 150;
        assertThatThrownBy(() -> examiner(toy).holdAndWrite(tasks(), out, new Cancellation()))
                .isInstanceOf(CancellationException.class);
        Path file = Examiner.unfinished(out);
        var lines = new ArrayList<>(Files.readAllLines(file));
        lines.set(3, lines.get(3).replace("\"credit\"", "\"debit\""));
        Files.write(file, lines, StandardCharsets.UTF_8);
        assertThatThrownBy(
                        () -> examiner(new Toy(1)).holdAndWrite(tasks(), out, new Cancellation()))
                .hasMessageContaining("out.json.lines line 4");
    }

    @Test
    void twoCannotWriteTheSameFile() throws IOException {
        Path out = folder.resolve("out.json");
        try (var _ = RunFile.open(Examiner.unfinished(out), Map.of())) {
            assertThatThrownBy(() ->
                            examiner(new Toy(1)).holdAndWrite(tasks(), out, new Cancellation()))
                    .isInstanceOf(ExaminationException.class)
                    .hasMessageContaining("another chuan eval is writing it");
        }
    }

    @Test
    void timesAreKeptWhereTheyAreAskedFor() throws IOException {
        var toy = new Toy(1);
        toy.facts.put("run_threads", 2);
        var with =
                new Examiner(toy, Map.of("run_started", "now"), true, Examiner.Progress.NONE)
                        .hold(tasks(), new Cancellation());
        assertThat(with.facts()).containsKeys("run_started", "run_threads", "run_seconds", "model");
        assertThat(with.papers().getFirst().results())
                .allSatisfy(result -> assertThat(result.seconds()).isPositive());
        var without = examiner(toy).hold(tasks(), new Cancellation());
        assertThat(without.facts()).containsOnlyKeys("program", "model");
        assertThat(ExaminationFile.text(stripped(with)))
                .isEqualTo(ExaminationFile.text(stripped(without)));
    }

    /// Without facts; results stay.
    private static Examination stripped(Examination examination) {
        var papers = new ArrayList<Examination.Paper>();
        for (var paper : examination.papers())
            papers.add(
                    new Examination.Paper(
                            paper.task(),
                            paper.title(),
                            paper.facts(),
                            paper.grouping(),
                            paper.chance(),
                            paper.titles(),
                            paper.results().stream().map(ExaminerTest::withoutTime).toList(),
                            paper.measures()));
        return new Examination(examination.version(), Map.of(), papers);
    }

    private static Result withoutTime(Result r) {
        return new Result(
                r.task(),
                r.subject(),
                r.index(),
                r.promptHash(),
                r.shots(),
                r.dropped(),
                r.key(),
                r.verdict(),
                r.replies(),
                r.failure(),
                r.promptTokens(),
                r.writtenTokens(),
                0);
    }

    @Test
    void hashesTellQuestionsApart() {
        var seen = new HashSet<String>();
        for (String text : List.of("a", "b", ""))
            for (String other : List.of("a", "b", "")) {
                var prompt = new Prompt.Text(text);
                seen.add(PromptHash.of(List.of(new Ask.Likelihood(prompt, List.of(other)))));
                seen.add(PromptHash.of(List.of(new Ask.Likelihood(prompt, List.of(other, "")))));
                seen.add(
                        PromptHash.of(
                                List.of(
                                        new Ask.Letters(
                                                prompt, List.of(other), LetterTokens.PLAIN))));
                seen.add(
                        PromptHash.of(
                                List.of(
                                        new Ask.Letters(
                                                prompt, List.of(other), LetterTokens.WORD_START))));
                seen.add(PromptHash.of(List.of(new Ask.Writing(prompt, List.of(other), 9, 0, 1))));
            }
        assertThat(seen).hasSize(45);
        var writing = new Ask.Writing(new Prompt.Text("a"), List.of(), 9, 0, 1);
        assertThat(PromptHash.of(List.of(writing)))
                .as("the seed of a greedy answer means nothing")
                .isEqualTo(
                        PromptHash.of(
                                List.of(new Ask.Writing(new Prompt.Text("a"), List.of(), 9, 0, 2))))
                .hasSize(64);
    }
}

package chuan.eval.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Ask;
import chuan.eval.Exercise;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.Result;
import chuan.eval.Verdict;
import chuan.eval.task.TaskSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureTasksTest {
    @TempDir Path folder;

    private static final TaskSettings SETTINGS = TaskSettings.of(Path.of("unused"));

    private static String text(Exercise exercise) {
        return switch (exercise.asks().getFirst().prompt()) {
            case Prompt.Text(String text) -> text;
            case Prompt.Chat chat -> chat.messages().getLast().content();
        };
    }

    private static Verdict judge(Exercise exercise, String written) {
        return exercise.judge().judge(List.of(new Reply.Writing(written, false, 1, 1)));
    }

    @Test
    void everySumIsRightAndItsExamplesToo() {
        var exercises = new ArithmeticTask(SETTINGS).exercises(String::length);
        var line = Pattern.compile("(\\d+)([-+*])(\\d+)=(-?\\d+)");

        assertThat(exercises).hasSize(800);
        for (Exercise exercise : exercises) {
            String all = text(exercise) + exercise.key().getFirst();
            var lines = all.lines().toList();
            assertThat(lines).hasSize(6);
            assertThat(new HashSet<>(lines)).hasSize(6);
            for (String sum : lines) {
                var parts = line.matcher(sum);
                assertThat(parts.matches()).as(sum).isTrue();
                long a = Long.parseLong(parts.group(1));
                long b = Long.parseLong(parts.group(3));
                long result =
                        switch (parts.group(2)) {
                            case "+" -> a + b;
                            case "-" -> a - b;
                            default -> a * b;
                        };
                assertThat(parts.group(4)).isEqualTo(String.valueOf(result));
            }
        }
    }

    @Test
    void theFirstNumberIsTheAnswer() {
        var exercise = new ArithmeticTask(SETTINGS).exercises(String::length).get(350);
        String key = exercise.key().getFirst();

        assertThat(judge(exercise, key).credit()).isEqualTo(1);
        assertThat(judge(exercise, " " + key + ", of course 7").credit()).isEqualTo(1);
        assertThat(judge(exercise, key.charAt(0) + "," + key.substring(1)).credit())
                .as("thousands of " + key)
                .isEqualTo(key.length() == 4 ? 1 : 0);
        assertThat(judge(exercise, "1" + key).credit()).isZero();
        assertThat(judge(exercise, "many").outcome()).isEqualTo(Verdict.Outcome.UNPARSED);
    }

    @Test
    void seedAndLimitChangeTheSums() {
        var few = new ArithmeticTask(SETTINGS.withLimit(3)).exercises(String::length);
        var other = new ArithmeticTask(SETTINGS.withSeed(1)).exercises(String::length);
        var again = new ArithmeticTask(SETTINGS.withSeed(1)).exercises(String::length);

        assertThat(few).hasSize(24);
        assertThat(text(other.getFirst())).isEqualTo(text(again.getFirst()));
        assertThat(text(other.get(200)))
                .isNotEqualTo(
                        text(new ArithmeticTask(SETTINGS).exercises(String::length).get(200)));
        assertThatThrownBy(() -> new ArithmeticTask(SETTINGS.withShots(51)))
                .hasMessage("--shots 51: arithmetic has at most 50");
    }

    @Test
    void theKeyLiesAtItsDepthOfATextThatFits() {
        var task = new PasskeyTask(SETTINGS.withContext(1100));
        var exercises = task.exercises(String::length);

        assertThat(exercises).hasSize(3 * 5 * 2 * 2);
        for (Exercise exercise : exercises) {
            String[] subject = exercise.subject().split("-", 2);
            int length = Integer.parseInt(subject[0]);
            String text = text(exercise);
            assertThat(text.length()).isLessThanOrEqualTo(length - 12);
            String key = exercise.key().getFirst();
            assertThat(Pattern.compile(key).matcher(text).results()).hasSize(2);
            assertThat(judge(exercise, " " + key + ".").credit()).isEqualTo(1);
            assertThat(judge(exercise, "1" + key).credit()).isZero();
        }
        var deep =
                exercises.stream()
                        .filter(e -> e.subject().equals("1024-100"))
                        .findFirst()
                        .orElseThrow();
        var shallow =
                exercises.stream()
                        .filter(e -> e.subject().equals("1024-0"))
                        .findFirst()
                        .orElseThrow();
        assertThat(text(deep).indexOf(deep.key().getFirst())).isGreaterThan(800);
        assertThat(text(shallow).indexOf(shallow.key().getFirst())).isLessThan(200);
        assertThat(text(deep).length()).isGreaterThan(1024 - 12 - 100);
    }

    @Test
    void whoCannotCountTokensIsNotAskedForPassKeys() {
        var task = new PasskeyTask(SETTINGS);

        assertThatThrownBy(() ->
                        task.exercises(_ -> {
                            throw new UnsupportedOperationException();
                        }))
                .isInstanceOf(MeasureException.class)
                .hasMessageContaining("does not count tokens");
        assertThatThrownBy(() -> new PasskeyTask(SETTINGS.withContext(100)))
                .hasMessage("passkey: a context of 100 tokens is shorter than 256");
    }

    @Test
    void translationsAreAskedWithExamplesAndScoredTogether() throws Exception {
        Path file = folder.resolve("pairs.jsonl");
        var lines = new ArrayList<String>();
        for (int i = 0; i < 8; i++)
            lines.add(
                    "{\"from\":\"zh\",\"to\":\"en\",\"source\":\"句子%d\",\"target\":[\"sentence number %d\"]}"
                            .formatted(i, i));
        Files.write(file, lines);
        var task = new TranslationTask(file, SETTINGS.withShots(2));

        var exercises = task.exercises(String::length);

        assertThat(exercises).hasSize(6);
        assertThat(text(exercises.get(1)))
                .isEqualTo(
                        """
                        中文: 句子0
                        English: sentence number 0

                        中文: 句子1
                        English: sentence number 1

                        中文: 句子3
                        English:\
                        """);
        assertThat(((Ask.Writing) exercises.get(1).asks().getFirst()).stop()).containsExactly("\n");
        var right = judge(exercises.get(1), " sentence number 3");
        assertThat(right.credit()).isCloseTo(1, within(1e-12));
        assertThat(right.choice()).isEqualTo("sentence number 3");
        assertThat(judge(exercises.get(1), " ").outcome()).isEqualTo(Verdict.Outcome.UNPARSED);

        var results = new ArrayList<Result>();
        for (var exercise : exercises)
            results.add(
                    new Result(
                            task.name(),
                            exercise.subject(),
                            exercise.index(),
                            "0".repeat(64),
                            2,
                            0,
                            exercise.key(),
                            right,
                            List.of(exercise.index() < 3 ? exercise.key().getFirst() : "xyz"),
                            "",
                            1,
                            1,
                            0));
        var measures = task.measures(results);
        assertThat(measures.stream().map(m -> m.unit()).toList())
                .containsExactly("chrF2", "chrF2++");
        assertThat(measures.getFirst().of()).isEqualTo("zh → en");
        assertThat(measures.getFirst().value())
                .isBetween(measures.getFirst().low(), measures.getFirst().high());
        assertThat(measures.getFirst().value()).isBetween(40.0, 80.0);
    }

    @Test
    void aWrongTranslationFileIsSaidWithItsLine() throws Exception {
        Path file = folder.resolve("pairs.jsonl");
        Files.writeString(
                file, "{\"from\":\"zh\",\"to\":\"en\",\"source\":\"a\",\"target\":\"b\"}\n{\n");
        assertThatThrownBy(() -> new TranslationTask(file, SETTINGS))
                .hasMessageContaining("pairs.jsonl: line 2: is not valid JSON");
        Files.writeString(file, "{\"from\":\"zh\",\"to\":\"en\",\"source\":\"a\"}\n");
        assertThatThrownBy(() -> new TranslationTask(file, SETTINGS))
                .hasMessageContaining("line 1: has no \"target\", a text");
        Files.writeString(
                file, "{\"from\":\"zh\",\"to\":\"en\",\"source\":\"a\",\"target\":\"b\"}\n");
        assertThatThrownBy(() -> new TranslationTask(file, SETTINGS))
                .hasMessageContaining("1 lines of zh-en, of which 5 are examples: nothing to ask");
    }
}

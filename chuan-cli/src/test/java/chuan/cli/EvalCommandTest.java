package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.report.ExaminationFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `chuan eval` of the shipped model over an invented set in the form of CMMLU.
class EvalCommandTest {
    private static final String MODEL = "models/chuan-10m-base";
    private static final int QUESTIONS = 12;
    private static final String ALL = "cmmlu:anatomy+logical+chinese_history";

    @TempDir static Path temporary;

    @BeforeAll
    static void inventSet() throws IOException {
        var random = new SplittableRandom(19);
        for (String split : List.of("dev", "test"))
            for (String subject : List.of("anatomy", "logical", "chinese_history")) {
                Path file = temporary.resolve("sets/cmmlu/%s/%s.csv".formatted(split, subject));
                Files.createDirectories(file.getParent());
                var text = new StringBuilder(",Question,A,B,C,D,Answer\n");
                for (int i = 0; i < (split.equals("dev") ? 5 : QUESTIONS); i++) {
                    int a = random.nextInt(20);
                    int b = random.nextInt(20);
                    text.append("%d,%s：%d 加 %d 等于几？".formatted(i, subject, a, b));
                    int right = random.nextInt(4);
                    for (int option = 0; option < 4; option++)
                        text.append(',').append(a + b + option - right);
                    text.append(',').append("ABCD".charAt(right)).append('\n');
                }
                Files.writeString(file, text);
            }
    }

    private static CommandLineRun eval(String... more) {
        var line = new ArrayList<>(List.of("eval", "--data", temporary.resolve("sets").toString()));
        line.addAll(List.of("--model", CommandLineRun.root().resolve(MODEL).toString()));
        line.addAll(List.of(more));
        return CommandLineRun.of(line.toArray(String[]::new));
    }

    private static String asked(String protocol, String out, String... more) throws IOException {
        var line =
                new ArrayList<>(
                        List.of(
                                "--tasks",
                                ALL,
                                "--protocol",
                                protocol,
                                "--no-times",
                                "--out",
                                temporary.resolve(out).toString()));
        line.addAll(List.of(more));
        var run = eval(line.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(temporary.resolve(out + ".lines")).doesNotExist();
        return Files.readString(temporary.resolve(out));
    }

    @Test
    void theSameCommandGivesTheSameBytesHoweverItIsComputed() throws IOException {
        for (String protocol : List.of("official", "lm-eval")) {
            String expected = asked(protocol, protocol + ".json", "--threads", "1", "--batch", "1");
            assertThat(asked(protocol, "b.json", "--threads", "2")).isEqualTo(expected);
            assertThat(asked(protocol, "b.json", "--threads", "2", "--no-sharing", "--batch", "3"))
                    .isEqualTo(expected);
        }
    }

    @Test
    void aResultTellsWhatWasAskedAndOfWhom() throws IOException {
        Path out = temporary.resolve("facts.json");
        var run = eval("--tasks", ALL, "--limit", "4", "--out", out.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("CMMLU", "China Specific", "official", "questions");
        var examination = ExaminationFile.read(out);
        assertThat(examination.facts())
                .containsEntry("model", "chuan-10m-base")
                .containsKeys(
                        "sha256 of model.safetensors",
                        "sha256 of tokenizer.model",
                        "context",
                        "run_threads",
                        "run_started",
                        "run_seconds");
        var paper = examination.papers().getFirst();
        assertThat(paper.facts())
                .containsEntry("protocol", "official")
                .containsKeys("best letters tie in bf16", "prompts cut from the left");
        assertThat(paper.facts().get("questions")).hasToString("12");
        assertThat(paper.results()).hasSize(12);
        for (var result : paper.results()) {
            assertThat(result.verdict().scores()).hasSize(4);
            assertThat(result.promptHash()).hasSize(64);
            assertThat(result.seconds()).isPositive();
        }
    }

    @Test
    void figuresComeAsJson() {
        var run = eval("--tasks", "cmmlu:anatomy+logical", "--limit", "2", "--json");
        var task = Json.read(run.out(), "eval").path("tasks").get(0);
        assertThat(task.path("task").asString()).isEqualTo("cmmlu");
        assertThat(task.path("questions").asInt()).isEqualTo(4);
        assertThat(task.path("columns").findValuesAsString("name")).contains("STEM");
    }

    @Test
    void tasksAreListed() {
        var run = eval("--list");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("cmmlu: CMMLU", "* official", "lm-eval");
        var json = Json.read(eval("--list", "--json").out(), "list");
        assertThat(json.findValuesAsString("task")).contains("ceval", "mmlu", "cmmlu");
    }

    @Test
    void whatCannotBeMeantIsRefusedInOneLine() throws IOException {
        assertRefused("--tasks: name what to ask");
        assertRefused("--protocol none", "--tasks", "cmmlu", "--protocol", "none");
        assertRefused("there is no such task", "--tasks", "trivia");
        assertRefused("--batch 0", "--tasks", "cmmlu", "--batch", "0");
        assertRefused("neither word-start nor plain", "--tasks", "cmmlu", "--letters", "bold");
        assertRefused("mmlu", "--tasks", "mmlu");
        assertRefused("cmmlu is named twice", "--tasks", "cmmlu:anatomy,cmmlu:logical");
        Path letter = Files.writeString(temporary.resolve("letter.txt"), "Dear Sir\n");
        assertRefused("letter.txt", "--tasks", ALL, "--out", letter.toString());
        assertThat(letter).hasContent("Dear Sir");
        assertRefused("needs", "--tasks", ALL, "--memory-limit", "1M");
    }

    private static void assertRefused(String why, String... options) {
        var run = eval(options);
        assertThat(run.code()).isEqualTo(Errors.USAGE);
        assertThat(run.err()).startsWith("chuan: ").contains(why).hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }
}

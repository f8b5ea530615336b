package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.report.ExaminationFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// From a run to its table, its page and its comparison, with a model that says nonsense.
class EvalReportsTest {
    @TempDir static Path shared;
    @TempDir Path folder;

    static Path model = Path.of("");
    static Path text = Path.of("");
    static Path first = Path.of("");
    static Path second = Path.of("");

    @BeforeAll
    static void hold() throws IOException {
        model = TinyModel.write(shared.resolve("tiny"));
        text = shared.resolve("texts.jsonl");
        Files.write(
                text,
                List.of(
                        "{\"text\":\"今天天气很好。\",\"lang\":\"zh\",\"source\":\"a\"}",
                        "{\"text\":\"The river runs.\",\"lang\":\"en\",\"source\":\"a\"}",
                        "{\"text\":\"他们回家了。\",\"lang\":\"zh\",\"source\":\"b\"}"));
        first = shared.resolve("first.json");
        second = shared.resolve("second.json");
        String tasks = "arithmetic,text:" + text;
        ok(eval("--tasks", tasks, "--limit", "3", "--out", first.toString()));
        ok(eval("--tasks", tasks, "--limit", "3", "--seed", "7", "--out", second.toString()));
    }

    private static CommandLineRun eval(String... more) {
        var args = new ArrayList<>(List.of("eval", "-m", model.toString()));
        args.addAll(List.of(more));
        return CommandLineRun.of(args.toArray(String[]::new));
    }

    private static CommandLineRun ok(CommandLineRun run) {
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return run;
    }

    private static JsonNode json(CommandLineRun run) {
        return Json.read(ok(run).out(), "output");
    }

    @Test
    void aRunHoldsQuestionsAndMeasures() throws IOException {
        var papers = ExaminationFile.read(first).papers();

        assertThat(papers.getFirst().results()).hasSize(24);
        assertThat(papers.getFirst().results().getFirst().replies()).hasSize(1);
        assertThat(papers.getLast().measures().stream().map(m -> m.of()))
                .containsExactly("all", "en", "en · a", "zh", "zh · a", "zh · b");
        assertThat(papers.getLast().measures().getFirst().value()).isPositive();
    }

    @Test
    void theReportShowsWhatTheRunPrinted() {
        var report = ok(CommandLineRun.of("eval", "report", first.toString()));

        assertThat(report.out())
                .contains("## Arithmetic")
                .contains("95 % interval")
                .contains("bits per byte");
        var values = json(CommandLineRun.of("eval", "report", first.toString(), "--json"));
        assertThat(values.at("/tasks/0/questions").intValue()).isEqualTo(24);
        assertThat(values.at("/tasks/0/columns/3/name").stringValue()).isEqualTo("Average");
    }

    @Test
    void aPageLeavesOutWhatTheModelWroteUnlessItIsAskedFor() throws IOException {
        String written =
                ExaminationFile.read(first).papers().getFirst().results().stream()
                        .map(result -> result.replies().getFirst())
                        .max(Comparator.comparingInt(String::length))
                        .orElseThrow();
        String inPage = Json.line(written).replace("<", "\\u003c");
        assertThat(written).hasSizeGreaterThan(8);
        Path without = folder.resolve("without.html");
        Path with = folder.resolve("with.html");
        ok(CommandLineRun.of("eval", "report", first.toString(), "--html", without.toString()));
        ok(
                CommandLineRun.of(
                        "eval", "report", first.toString(), "--html", with.toString(), "--texts"));

        assertThat(Files.size(with)).isGreaterThan(Files.size(without));
        assertThat(Files.readString(with)).contains(inPage);
        assertThat(Files.readString(without)).doesNotContain(inPage);
        var refused = CommandLineRun.of("eval", "report", first.toString(), "--texts");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).isEqualTo("chuan: --texts: only with --html\n");
    }

    @Test
    void aRunComparedWithItselfIsTheSame() throws IOException {
        Path page = folder.resolve("compare.html");
        String run = first.toString();
        ok(CommandLineRun.of("eval", "compare", run, run, "--html", page.toString()));

        assertThat(Files.readString(page)).contains("24 questions answered alike, 0 not.");
        var values = json(CommandLineRun.of("eval", "compare", run, run, "--json"));
        assertThat(values.at("/tasks/0/same_answers").intValue()).isEqualTo(24);
        assertThat(values.at("/tasks/0/columns/0/p_mid").doubleValue()).isEqualTo(1);
    }

    @Test
    void runsThatAskedOtherThingsAreRefused() {
        var run = CommandLineRun.of("eval", "compare", first.toString(), second.toString());

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("chuan: arithmetic: the runs did not ask the same: ")
                .contains("of 24 questions were asked in other words")
                .hasLineCount(1);
    }

    @Test
    void whatIsNoResultIsRefusedInOneLine() {
        var run = CommandLineRun.of("eval", "report", text.toString());

        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("chuan: " + text).hasLineCount(1);
        var none = CommandLineRun.of("eval", "report", folder.resolve("none.json").toString());
        assertThat(none.err()).endsWith("none.json: no such file\n");
    }

    @Test
    void quantizationMeasuresEveryFormAndLeavesNothingBehind() throws IOException {
        Path page = folder.resolve("quantization.html");
        var table =
                json(
                        CommandLineRun.of(
                                "eval",
                                "quantization",
                                "-m",
                                model.toString(),
                                "-f",
                                text.toString(),
                                "--types",
                                "int8,int4",
                                "--tasks",
                                "arithmetic",
                                "--limit",
                                "1",
                                "--html",
                                page.toString(),
                                "--json"));

        assertThat(Files.readString(page)).contains(">int4<").contains("class=\"measured\"");
        assertThat(table.at("/rows/0/form").stringValue()).isEqualTo("as stored");
        double stored = table.at("/rows/0/bytes").doubleValue();
        double int8 = table.at("/rows/1/bytes").doubleValue();
        double int4 = table.at("/rows/2/bytes").doubleValue();
        assertThat(int8).isLessThan(stored);
        assertThat(int4).isLessThan(int8);
        assertThat(table.at("/rows/0/kl_mean").doubleValue()).isZero();
        double lost8 = table.at("/rows/1/kl_mean").doubleValue();
        assertThat(lost8).isPositive();
        assertThat(table.at("/rows/2/kl_mean").doubleValue()).isGreaterThan(lost8);
        assertThat(table.at("/rows/2/arithmetic_high").doubleValue()).isPositive();
    }

    @Test
    void demosStandSideBySide() throws IOException {
        Path page = folder.resolve("demos.html");
        ok(
                CommandLineRun.of(
                        "eval",
                        "demos",
                        "-m",
                        model.toString(),
                        "-m",
                        model.toString(),
                        "--max-tokens",
                        "4",
                        "--html",
                        page.toString()));

        String html = Files.readString(page);
        assertThat(html).contains("夜雨寄北-&gt;").contains("世界上第二高的山峰是哪座");
        assertThat(html.split("<h3>tiny</h3>", -1)).hasSize(2 * 9 + 1);
    }
}

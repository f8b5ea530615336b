package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.engine.Cancellation;
import chuan.engine.Perplexity;
import chuan.eval.Ask;
import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import chuan.eval.Examinee;
import chuan.eval.Reply;
import chuan.eval.Task;
import chuan.eval.measure.ArithmeticTask;
import chuan.eval.measure.FormGauge;
import chuan.eval.measure.Gauge;
import chuan.eval.measure.LengthGauge;
import chuan.eval.measure.PasskeyTask;
import chuan.eval.measure.TextGauge;
import chuan.eval.measure.TranslationTask;
import chuan.eval.run.Examiner;
import chuan.eval.task.TaskSettings;
import chuan.eval.task.Tasks;
import chuan.files.ModelFolder;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// No row without its interval: an examination with a task of every kind, as few questions as there
/// can be, and every row of what is made of it.
class EveryRowTest {
    private static final Path GOLDEN = Path.of("..", "testdata", "golden");
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern ROW = Pattern.compile("<tr[ >].*?</tr>", Pattern.DOTALL);
    private static final Pattern CELL = Pattern.compile("<td[ >].*?</td>", Pattern.DOTALL);
    private static final String NUMBERS = "-?[0-9.e+-]+ ?– ?-?[0-9.e+-]+";

    @TempDir static Path folder;

    private static Backend backend;
    private static Tokenizer tokenizer;
    private static Report report;

    /// Right in some questions and wrong in others.
    private static final class Somebody implements Examinee {
        @Override
        public Map<String, Object> facts() {
            return Map.of("model", "somebody");
        }

        @Override
        public int countTokens(String text) {
            return text.length();
        }

        @Override
        public void answer(List<Ask> asks, Listener listener, Cancellation cancellation) {
            for (int i = 0; i < asks.size(); i++)
                listener.reply(
                        i,
                        switch (asks.get(i)) {
                            case Ask.Letters _ -> new Reply.Letters(new double[] {1, 3, 2, 0}, 9);
                            case Ask.Likelihood ask -> {
                                int n = ask.continuations().size();
                                yield new Reply.Likelihood(
                                        new double[n], new int[n], new boolean[n], 9);
                            }
                            case Ask.Writing _ -> new Reply.Writing("the 7", false, 9, 2);
                        },
                        0);
        }

        @Override
        public void close() {}
    }

    @BeforeAll
    static void hold() throws Exception {
        var model = ModelFolder.open(GOLDEN.resolve("tiny-llama"));
        backend = new ReferenceBackend(model.config(), model.rows());
        tokenizer = Tokenizer.load(GOLDEN.resolve("tokenizer/tiny-plain.model"));
        var tasks =
                List.<Task>of(
                        new ArithmeticTask(TaskSettings.of(folder).withLimit(1)),
                        new PasskeyTask(TaskSettings.of(folder).withLimit(1).withContext(512)),
                        translation(),
                        invented());
        var gauges =
                List.of(
                        TextGauge.of(texts(), OptionalInt.empty()),
                        TextGauge.of(alone(), OptionalInt.empty()),
                        LengthGauge.of(texts(), 48, OptionalInt.empty()),
                        LengthGauge.of(alone(), 48, OptionalInt.empty()));
        var papers = new ArrayList<Paper>();
        for (Gauge gauge : gauges)
            papers.add(gauge.paper(gauge.measure(backend, tokenizer, _ -> {}, new Cancellation())));
        var examination =
                new Examiner(new Somebody(), Map.of(), false, Examiner.Progress.NONE)
                        .with(papers)
                        .hold(tasks, new Cancellation());
        assertThat(examination.papers()).hasSize(tasks.size() + gauges.size());
        report = Report.of(examination, new Bootstrap(1, 1000));
    }

    private static Task translation() throws IOException {
        Path file = folder.resolve("pairs.jsonl");
        String line = "{\"from\":\"zh\",\"to\":\"en\",\"source\":\"河\",\"target\":\"the river\"}\n";
        Files.writeString(file, line.repeat(6) + line.replace("zh", "de").repeat(7));
        return new TranslationTask(file, TaskSettings.of(folder));
    }

    /// Two subjects of one question each, averaged over the subjects.
    private static Task invented() throws Exception {
        var set = Path.of(EveryRowTest.class.getResource("/chuan/eval/endpoint").toURI());
        Path file = folder.resolve("invented.yaml");
        Files.writeString(
                file,
                Files.readString(set.resolve("invented.yaml"))
                        .replace("average: micro", "average: macro"));
        return Tasks.open(file.toString(), TaskSettings.of(set).withLimit(1));
    }

    private static Path texts() throws IOException {
        Path file = folder.resolve("texts.jsonl");
        String line = "{\"text\":\"%s\",\"lang\":\"%s\",\"source\":\"%s\"}\n";
        Files.writeString(
                file,
                line.formatted("今天天气很好。他们在河边看鱼，然后回家。".repeat(4), "zh", "news")
                        + line.formatted("The river runs past the town. ".repeat(4), "en", "books")
                        + line.formatted("他们在河边看鱼，然后回家吃饭，天就黑了。".repeat(4), "zh", "books"));
        return file;
    }

    private static Path alone() throws IOException {
        return Files.writeString(folder.resolve("alone.txt"), "他们在河边看鱼，然后回家。".repeat(8));
    }

    @Test
    void ofTheFigures() {
        JsonNode values = JSON.valueToTree(report.values());
        int rows = 0;
        for (JsonNode task : values.path("tasks")) {
            for (JsonNode column : task.path("columns")) {
                if (column.path("questions").asInt() == 0) continue;
                for (String average : List.of("macro", "micro"))
                    assertBetween(
                            column.path(average + "_low"),
                            column.path(average),
                            column.path(average + "_high"),
                            task.path("task") + " " + column);
                rows++;
            }
            for (JsonNode measure : task.path("measures")) {
                assertBetween(
                        measure.path("low"),
                        measure.path("value"),
                        measure.path("high"),
                        task.path("task") + " " + measure);
                rows++;
            }
        }
        assertThat(rows).isGreaterThan(40);
    }

    private static void assertBetween(JsonNode low, JsonNode value, JsonNode high, String what) {
        assertThat(low.isNumber() && value.isNumber() && high.isNumber()).as(what).isTrue();
        assertThat(low.doubleValue()).as(what).isLessThanOrEqualTo(value.doubleValue() + 1e-9);
        assertThat(high.doubleValue()).as(what).isGreaterThanOrEqualTo(value.doubleValue() - 1e-9);
        assertThat(low.doubleValue())
                .as("%s: something to doubt", what)
                .isLessThan(high.doubleValue());
    }

    @Test
    void ofTheText() {
        var lines = TextReport.of(report, false).lines().toList();
        int rows = 0;
        for (int i = 0; i < lines.size(); i++) {
            var cells = cells(lines.get(i));
            if (cells.isEmpty() || cells.getFirst().startsWith("--")) continue;
            if (cells.getFirst().matches("measured.*|  95 % interval")) continue;
            rows++;
            if (cells.getFirst().contains("mean of ")) {
                var intervals = cells(lines.get(i + 1));
                assertThat(intervals.getFirst()).isEqualTo("  95 % interval");
                assertThat(intervals).hasSameSizeAs(cells);
                for (int c = 1; c < cells.size(); c++)
                    assertThat(intervals.get(c)).as(lines.get(i)).matches(NUMBERS);
            } else {
                assertThat(cells.get(2)).as(lines.get(i)).matches(NUMBERS);
            }
        }
        assertThat(rows).isGreaterThan(30);
    }

    private static List<String> cells(String line) {
        if (!line.startsWith("|")) return List.of();
        var cells = Arrays.stream(line.substring(1).split("\\|")).toList();
        var trimmed = new ArrayList<String>();
        for (String cell : cells) trimmed.add(cell.substring(1).stripTrailing());
        for (int i = 1; i < trimmed.size(); i++) trimmed.set(i, trimmed.get(i).strip());
        return trimmed;
    }

    @Test
    void ofThePage() {
        String page = HtmlReport.of(report, false);
        int rows = 0;
        for (String table : page.split("<table")) {
            boolean measured =
                    table.contains("class=\"measured\"") || table.startsWith(" class=\"grid");
            boolean subjects = table.contains("Wilson)</span>") && !measured;
            boolean measures = table.contains(">measured</span>");
            if (!measured && !subjects && !measures) continue;
            String body = table.substring(table.indexOf("<tbody"), table.indexOf("</table>"));
            if (body.contains("<tbody class=\"published\">"))
                body = body.substring(0, body.indexOf("<tbody class=\"published\">"));
            for (var row : ROW.matcher(body).results().toList()) {
                var cells = CELL.matcher(row.group()).results().map(m -> m.group()).toList();
                assertThat(cells).as(row.group()).isNotEmpty();
                if (measured)
                    assertThat(cells)
                            .allSatisfy(cell ->
                                    assertThat(cell)
                                            .containsPattern(
                                                    "class=\"interval\">" + NUMBERS + "<"));
                else
                    assertThat(cells.get(subjects ? 2 : 1))
                            .as(row.group())
                            .containsPattern(">" + NUMBERS + "<");
                rows++;
            }
        }
        assertThat(rows).isGreaterThan(40);
        assertThat(page).contains("By length and depth").contains("<table class=\"grid\"");
    }

    /// The measure of the others has no divergence from itself; all else has an interval.
    @Test
    void ofWhatFewerBitsCost() throws Exception {
        var other = ModelFolder.open(GOLDEN.resolve("tiny-llama"));
        var gauge =
                new FormGauge(
                        Perplexity.of(backend, tokenizer),
                        tokenizer,
                        List.of(Files.readString(alone())));
        var alone = gauge.alone(backend, _ -> {});
        var same =
                gauge.against(backend, new ReferenceBackend(other.config(), other.rows()), _ -> {});
        assertThat(same.bitsPerByte()).isEqualTo(alone.bitsPerByte());
        assertThat(same.agreement().value()).isEqualTo(1);
        assertThat(same.change().value()).isCloseTo(0, within(1e-9));
        assertThat(same.divergence().value()).isLessThan(1e-9);
        assertThat(alone.bitsPerByte().interval().contains(alone.bitsPerByte().value())).isTrue();
        assertThat(alone.bitsPerByte().interval().low())
                .isLessThan(alone.bitsPerByte().interval().high());
        var score = report.papers().getFirst().overall();
        var table =
                new QuantizationTable(
                        "a-model",
                        "alone.txt",
                        List.of("arithmetic"),
                        List.of(
                                row(QuantizationTable.AS_STORED, alone, score),
                                row("int8", same, score)));
        assertThat(table.text().lines().filter(line -> line.startsWith("|   95 % interval")))
                .hasSize(2)
                .last()
                .asString()
                .matches(
                        "\\|   95 % interval +\\| +\\| +[0-9.–]+ \\| +[-+0-9.]+ to [-+0-9.]+ "
                                + "(\\| +[0-9.e-]+–[0-9.e-]+ ){3}\\|");
        String page = HtmlQuantization.of(table);
        String measured =
                page.substring(page.indexOf("class=\"measured\""), page.indexOf("</tbody>"));
        assertThat(Pattern.compile("class=\"interval\"").matcher(measured).results()).hasSize(7);
        assertThat(page).contains("Baichuan-13B-Base int4").contains("<svg");
        for (JsonNode row : JSON.<JsonNode>valueToTree(table.values()).path("rows"))
            for (String figure :
                    List.of(
                            "bits_per_byte",
                            "bits_per_byte_change",
                            "kl_mean",
                            "top1_agreement",
                            "arithmetic"))
                assertThat(row.path(figure + "_low").isNumber()).as(row + figure).isTrue();
    }

    private static QuantizationTable.Row row(
            String form, FormGauge.Loss loss, PaperFigures.Mean score) {
        return new QuantizationTable.Row(
                form,
                1_000_000,
                loss.bitsPerByte(),
                loss.change(),
                loss.divergence(),
                loss.agreement(),
                List.of(score));
    }

    @Test
    void examinationsKeepTheirIntervalsInTheFile() throws Exception {
        Path file = folder.resolve("run.json");
        Files.writeString(file, ExaminationFile.text(report.examination()));
        Examination read = ExaminationFile.read(file);

        assertThat(Report.of(read, new Bootstrap(1, 1000)).values()).isEqualTo(report.values());
    }
}

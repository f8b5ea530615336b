package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.eval.Examination;
import chuan.eval.Examination.Measure;
import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class ExaminationFileTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    @TempDir Path folder;

    private static Examination examination() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("zebra", "a \"quoted\" 模型\u2028");
        facts.put("ant", List.of(1, 2.5, true));
        var nested = new LinkedHashMap<String, Object>();
        nested.put("two", 2);
        nested.put("one", 1);
        facts.put("nested", nested);
        var grouping =
                new Grouping(
                        List.of(
                                new Grouping.Column("STEM", List.of("physics")),
                                new Grouping.Column("Average", List.of("physics", "law"))),
                        Grouping.Average.MACRO);
        var right =
                new Result(
                        "exam",
                        "physics",
                        0,
                        HASH,
                        5,
                        1,
                        List.of("B"),
                        new Verdict(
                                Verdict.Outcome.ANSWERED,
                                "B",
                                1,
                                List.of(-1.5, 0.1 + 0.2, Double.NEGATIVE_INFINITY, -1e-9)),
                        List.of(),
                        "",
                        812,
                        0,
                        0.0125);
        var failed =
                new Result(
                        "exam",
                        "law",
                        7,
                        HASH,
                        0,
                        0,
                        List.of("A", "C"),
                        new Verdict(Verdict.Outcome.FAILED, "", 0, List.of()),
                        List.of("half\nan answer"),
                        "503 after 5 tries",
                        0,
                        3,
                        61);
        return new Examination(
                Examination.VERSION,
                facts,
                List.of(
                        new Paper(
                                "exam",
                                "The Exam",
                                facts,
                                grouping,
                                0.25,
                                Map.of("physics", "物理", "law", "Law"),
                                List.of(right, failed),
                                List.of()),
                        new Paper(
                                "text",
                                "Text",
                                Map.of(),
                                new Grouping(List.of(), Grouping.Average.MICRO),
                                Double.NaN,
                                Map.of(),
                                List.of(),
                                List.of(
                                        new Measure(
                                                "zh",
                                                "bits per byte",
                                                1.25,
                                                Double.NaN,
                                                Double.NaN,
                                                12_000_000_000L)))));
    }

    @Test
    void readsWhatItWrote() throws Exception {
        Path file = folder.resolve("run.json");
        ExaminationFile.write(file, examination());

        assertThat(ExaminationFile.read(file)).isEqualTo(examination());
    }

    @Test
    void isJsonForEveryReader() throws Exception {
        var tree = JsonMapper.builder().build().readTree(ExaminationFile.text(examination()));

        var first = tree.at("/papers/0/results/0");
        assertThat(first.get("prompt_hash").stringValue()).isEqualTo(HASH);
        assertThat(first.get("credit").doubleValue()).isEqualTo(1);
        assertThat(first.get("scores").get(2).isNull()).isTrue();
        assertThat(tree.at("/papers/1/chance").isNull()).isTrue();
    }

    @Test
    void equalExaminationsGiveEqualBytesWhateverTheOrderOfTheirMaps() {
        var other = new LinkedHashMap<String, String>();
        other.put("physics", "物理");
        other.put("law", "Law");
        var first = examination().papers().getFirst();
        var same =
                new Paper(
                        first.task(),
                        first.title(),
                        first.facts(),
                        first.grouping(),
                        first.chance(),
                        other,
                        first.results(),
                        first.measures());
        var again =
                new Examination(
                        Examination.VERSION,
                        examination().facts(),
                        List.of(same, examination().papers().get(1)));

        assertThat(ExaminationFile.text(again)).isEqualTo(ExaminationFile.text(examination()));
    }

    @Test
    void factsKeepTheirOrder() {
        String text = ExaminationFile.text(examination());

        assertThat(text.indexOf("zebra")).isLessThan(text.indexOf("\"ant\""));
        assertThat(text.indexOf("\"two\"")).isLessThan(text.indexOf("\"one\""));
    }

    @Test
    void aQuestionIsOneLineWithItsTimeAtTheEnd() {
        for (var result : examination().papers().getFirst().results()) {
            String line = ExaminationFile.line(result);
            assertThat(line).doesNotContain("\n").matches(".*\"seconds\":[0-9.]+}");
            assertThat(ExaminationFile.text(examination())).contains("\n" + line);
            assertThat(ExaminationFile.result(line, "lines")).isEqualTo(result);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"version\": 1 | \"version\": 2 | version is 2, this program reads version 1",
                "\"format\": \"chuan examination\", | | is no result of chuan eval",
                "\"credit\":1.0 | \"credit\":1.5 | papers[0].results[0].credit is not between 0 and 1",
                "\"credit\":0.0 | \"credit\":0.5 | papers[0].results[1].credit is given without an answer",
                "\"outcome\":\"failed\" | \"outcome\":\"lost\" | papers[0].results[1].outcome is none of",
                "\"index\":7 | \"index\":-7 | papers[0].results[1].index is not a whole number",
                "\"index\":7 | \"index\":99999999999 | papers[0].results[1].index is not a whole number",
                "\"index\":7 | \"index\":7,\"more\":1 | papers[0].results[1].more is not known",
                "\"index\":7, | | papers[0].results[1].index is missing",
                "\"index\":7, | \"index\":7,\"index\":8, | is not valid JSON",
                "\"subject\":\"law\",\"index\":7 | \"subject\":\"physics\",\"index\":0 | papers[0].results[1].index occurs twice in subject physics",
                "\"task\":\"exam\" | \"task\":\"other\" | papers[0].results[0].task is not exam",
                "\"official\":\"macro\" | \"official\":\"mean\" | papers[0].grouping.official is neither",
                "\"prompt_hash\":\"01 | \"prompt_hash\":\"0x | papers[0].results[0].prompt_hash is not 64",
                "\"zebra\": | \"zebra\":null,\"z\": | facts.zebra is null",
                "\"chance\": 0.25 | \"chance\": 25 | papers[0].chance is not between 0 and 1",
                "\"seconds\":61.0 | \"seconds\":\"long\" | papers[0].results[1].seconds is not a number",
            })
    void saysInOneLineWhereAFileIsWrong(String part, String instead, String problem) {
        String good = ExaminationFile.text(examination());
        assertThat(good).contains(part);
        int at = good.indexOf(part);
        String bad =
                good.substring(0, at)
                        + (instead == null ? "" : instead)
                        + good.substring(at + part.length());

        assertThatThrownBy(() -> ExaminationFile.parse(bad, "run.json"))
                .isInstanceOf(ExaminationFileException.class)
                .hasMessageStartingWith("run.json: ")
                .hasMessageContaining(problem)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void aFileThatBreaksOffOrIsNoTextIsRefused() throws Exception {
        String good = ExaminationFile.text(examination());
        for (int length = 0; length < good.length() - 1; length += 97) {
            String cut = good.substring(0, length);
            assertThatThrownBy(() -> ExaminationFile.parse(cut, "cut.json"))
                    .isInstanceOf(ExaminationFileException.class);
        }
        Path file = folder.resolve("bytes.json");
        Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
        assertThatThrownBy(() -> ExaminationFile.read(file))
                .isInstanceOf(ExaminationFileException.class)
                .hasMessageContaining("is not UTF-8 text");
        Files.write(file, "[1]".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> ExaminationFile.read(file))
                .hasMessageContaining("is not a JSON object");
    }
}

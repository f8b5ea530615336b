package chuan.eval.extract;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.SharedFiles;
import chuan.eval.Verdict.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every reply that was given to the authors' own scripts is read as they read it.
class ReadersGoldenTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static List<JsonNode> rows(String name) throws IOException {
        var rows = new ArrayList<JsonNode>();
        for (String line :
                Files.readAllLines(SharedFiles.orSkip("golden/eval/extraction/" + name + ".jsonl")))
            rows.add(JSON.readTree(line));
        return rows;
    }

    private static List<String> strings(JsonNode node) {
        if (node.isNull()) return List.of();
        if (node.isString())
            return node.stringValue().isEmpty() ? List.of() : List.of(node.stringValue());
        var list = new ArrayList<String>();
        node.forEach(part -> list.add(part.stringValue()));
        return list;
    }

    @Test
    void cmmlu() throws IOException {
        int unread = 0;
        for (var row : rows("cmmlu-extract-choice")) {
            String reply = row.get("response").stringValue();
            assertThat(new CmmluReader().read(reply))
                    .as(reply)
                    .isEqualTo(strings(row.get("choice")));
            var verdict = new WrittenJudge(new CmmluReader(), Comparison.EQUAL, List.of("A"));
            if (verdict.judge(reply).outcome() == Outcome.UNPARSED) unread++;
        }
        // 7 that the original draws by lot, and an empty reply, at which it stops
        assertThat(unread).isEqualTo(8);
    }

    @Test
    void ceval() throws IOException {
        var judge =
                new WrittenJudge(
                        CevalReader.TEXT_COT,
                        Comparison.EQUAL,
                        List.of("甲", "乙", "丙", "丁"),
                        List.of("B"));
        var rows = rows("ceval-llama-cot");
        for (var row : rows) {
            String reply = row.get("generated").stringValue();
            var prediction = row.get("prediction");
            String found =
                    prediction.isNumber()
                            ? String.valueOf((char) ('A' + prediction.intValue()))
                            : prediction.stringValue();
            assertThat(CevalReader.TEXT_COT.read(reply)).as(reply).isEqualTo(List.of(found));
            assertThat(judge.judge(reply).credit())
                    .as(reply)
                    .isEqualTo(row.get("correct").doubleValue());
        }
        assertThat(rows).hasSize(11);
    }

    @Test
    void agieval() throws IOException {
        var rows = rows("agieval-post-process");
        for (var row : rows) {
            var kind =
                    switch (row.get("dataset").stringValue()) {
                        case "gaokao-biology" -> AgievalReader.Kind.CHINESE;
                        case "aqua-rat" -> AgievalReader.Kind.ENGLISH;
                        case "gaokao-physics" -> AgievalReader.Kind.SEVERAL;
                        case "gaokao-mathcloze" -> AgievalReader.Kind.CLOZE;
                        default -> throw new AssertionError(row);
                    };
            String setting = row.get("setting").stringValue();
            var reader =
                    new AgievalReader(
                            kind,
                            AgievalReader.Setting.valueOf(
                                    setting.replace('-', '_').toUpperCase(Locale.ROOT)));
            String reply = row.get("response").stringValue();
            var found = reader.read(reply);
            assertThat(found).as("%s", row).isEqualTo(strings(row.get("parsed")));
            if (row.has("correct_for_label_AB")) {
                assertThat(credit(reader, reply, List.of("A", "B")))
                        .isEqualTo(row.get("correct_for_label_AB").booleanValue() ? 1 : 0);
                assertThat(credit(reader, reply, List.of("A")))
                        .isEqualTo(row.get("correct_for_label_A").booleanValue() ? 1 : 0);
            }
            if (row.has("label"))
                assertThat(credit(reader, reply, List.of(row.get("label").stringValue())))
                        .as("%s", row)
                        .isEqualTo(row.get("correct").booleanValue() ? 1 : 0);
        }
        assertThat(rows).hasSize(153);
    }

    private static double credit(AgievalReader reader, String reply, List<String> key) {
        return new WrittenJudge(reader, reader.comparison(), key).judge(reply).credit();
    }

    @Test
    void gaokao() throws IOException {
        var rows = rows("gaokao-extract-choice-answer");
        for (var row : rows) {
            var type =
                    GaokaoReader.Type.valueOf(
                            row.get("question_type").stringValue().toUpperCase(Locale.ROOT));
            var reader = new GaokaoReader(type, row.get("answer_length").asInt(1));
            assertThat(reader.read(row.get("response").stringValue()))
                    .as("%s", row)
                    .isEqualTo(strings(row.get("model_answer")));
        }
        assertThat(rows).hasSize(22);
    }

    @Test
    void gsm8kByItsAuthors() throws IOException {
        var rows = rows("gsm8k-authors");
        for (var row : rows) {
            String extracted = row.get("extracted").stringValue();
            assertThat(Gsm8kReader.AUTHORS.read(row.get("completion").stringValue()))
                    .as("%s", row)
                    .isEqualTo(extracted.equals("[invalid]") ? List.of() : List.of(extracted));
        }
        assertThat(rows).hasSize(11);
    }

    @Test
    void gsm8kByTheHarness() throws IOException {
        var rows = rows("gsm8k-lm-eval");
        for (var row : rows) {
            boolean cot = row.get("task").stringValue().equals("gsm8k_cot");
            var reader =
                    row.get("filter").stringValue().equals("flexible-extract")
                            ? Gsm8kReader.LM_EVAL_FLEXIBLE
                            : cot ? Gsm8kReader.LM_EVAL_COT_STRICT : Gsm8kReader.LM_EVAL_STRICT;
            String reply = row.get("response").stringValue();
            String extracted = row.get("extracted").stringValue();
            assertThat(reader.read(reply))
                    .as("%s", row)
                    .isEqualTo(extracted.equals("[invalid]") ? List.of() : List.of(extracted));
            var key = List.of(row.get("gold_target").stringValue());
            assertThat(new WrittenJudge(reader, reader, key).judge(reply).credit())
                    .as("%s", row)
                    .isEqualTo(row.get("exact_match").doubleValue());
        }
        assertThat(rows).hasSize(56);
    }
}

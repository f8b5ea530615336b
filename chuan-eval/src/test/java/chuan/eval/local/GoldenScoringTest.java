package chuan.eval.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.cpu.CpuBackend;
import chuan.engine.Engine;
import chuan.eval.Ask;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.SharedFiles;
import chuan.files.ModelFolder;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A random LLaMA with the official vocabulary, scored by lm-evaluation-harness's own code and by
/// the scripts of the authors and of Baichuan: recorded numbers, which are not part of this
/// repository.
class GoldenScoringTest {
    private static final double LETTERS_LIMIT = 2e-4;
    private static final double TEXTS_LIMIT = 1e-3;
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");

    private static List<JsonNode> rows(String name, int count) throws IOException {
        Path file = SharedFiles.orSkip("golden/eval/scoring/" + name + ".jsonl");
        var rows = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8))
            rows.add(JsonMapper.shared().readTree(line));
        assertThat(rows).as(name).hasSize(count);
        return rows;
    }

    /// All of them at once, the last first.
    private static List<Reply> answers(List<Ask> asks) throws IOException {
        var tokenizer = Tokenizer.load(SharedFiles.orSkip("golden/tokenizer/tokenizer.model"));
        var folder = ModelFolder.open(SharedFiles.orSkip("golden/eval/scoring/model"));
        try (var backend = CpuBackend.load(folder, SameBitsTest.exact(2))) {
            var engine = new Engine(backend, tokenizer, folder.generation());
            var options = LocalExaminee.Options.of(backend, engine.context(), 16);
            return SameBitsTest.answers(new LocalExaminee(engine, Map.of(), options), asks);
        }
    }

    @ParameterizedTest
    @CsvSource({"cmmlu-loglikelihood, 80", "mmlu-loglikelihood, 72"})
    void likelihoodsAreThoseOfTheEvaluationHarness(String name, int count) throws IOException {
        var rows = rows(name, count);
        var asks = new ArrayList<Ask>();
        for (var row : rows)
            asks.add(
                    new Ask.Likelihood(
                            new Prompt.Text(row.path("prompt").asString()),
                            strings(row.path("continuations"))));
        var replies = answers(asks);
        for (int i = 0; i < count; i++) {
            var row = rows.get(i);
            var reply = (Reply.Likelihood) replies.get(i);
            double limit =
                    row.path("protocol").asString().contains("letters")
                            ? LETTERS_LIMIT
                            : TEXTS_LIMIT;
            var texts = strings(row.path("continuations"));
            String where = name + " row " + i;
            assertThat(reply.promptTokens())
                    .as(where)
                    .isEqualTo(row.path("context_tokens").asInt());
            for (int part = 0; part < texts.size(); part++) {
                assertThat(reply.sums()[part])
                        .as(where)
                        .isCloseTo(row.path("loglikelihood").get(part).asDouble(), within(limit));
                assertThat(reply.tokens()[part])
                        .as(where)
                        .isEqualTo(row.path("continuation_ids").get(part).size());
                assertThat(reply.greedy()[part])
                        .as(where)
                        .isEqualTo(row.path("is_greedy").get(part).asBoolean());
            }
            assertThat(best(reply, texts, (_, sum) -> sum))
                    .as(where)
                    .isEqualTo(row.path("pred_acc").asString());
            assertThat(best(reply, texts, (text, sum) -> sum / characters(text)))
                    .as(where)
                    .isEqualTo(row.path("pred_acc_norm_chars").asString());
            assertThat(best(reply, texts, (text, sum) -> sum / bytes(text)))
                    .as(where)
                    .isEqualTo(row.path("pred_acc_bytes").asString());
        }
    }

    /// Without the space that stands before it.
    private static int characters(String text) {
        return text.codePointCount(1, text.length());
    }

    private static int bytes(String text) {
        return text.substring(1).getBytes(StandardCharsets.UTF_8).length;
    }

    private static String best(
            Reply.Likelihood reply, List<String> texts, ToDoubleBiFunction<String, Double> score) {
        int best = 0;
        for (int i = 1; i < texts.size(); i++)
            if (score.applyAsDouble(texts.get(i), reply.sums()[i])
                    > score.applyAsDouble(texts.get(best), reply.sums()[best])) best = i;
        return LETTERS.get(best);
    }

    @ParameterizedTest
    @CsvSource({
        "mmlu-baichuan-script, 20, WORD_START, pred",
        "cmmlu-authors-script, 40, PLAIN, pred",
        "cmmlu-authors-script, 40, WORD_START, pred_before_july_2023",
        "ceval-baichuan-script, 18, WORD_START, pred"
    })
    void lettersAreThoseOfTheScripts(String name, int count, LetterTokens form, String prediction)
            throws IOException {
        var rows = rows(name, count);
        var asks = new ArrayList<Ask>();
        for (var row : rows)
            asks.add(
                    new Ask.Letters(new Prompt.Text(row.path("prompt").asString()), LETTERS, form));
        var replies = answers(asks);
        String field = form == LetterTokens.PLAIN ? "plain" : "word_start";
        for (int i = 0; i < count; i++) {
            var row = rows.get(i);
            var reply = (Reply.Letters) replies.get(i);
            String where = name + " row " + i;
            int best = 0;
            for (int letter = 0; letter < LETTERS.size(); letter++) {
                double expected = row.path("logits_" + field + "_ABCD").get(letter).asDouble();
                assertThat(reply.scores()[letter])
                        .as(where)
                        .isCloseTo(expected, within(LETTERS_LIMIT));
                if (reply.scores()[letter] > reply.scores()[best]) best = letter;
            }
            assertThat(reply.promptTokens()).as(where).isEqualTo(row.path("tokens").asInt());
            assertThat(LETTERS.get(best)).as(where).isEqualTo(row.path(prediction).asString());
        }
    }

    private static List<String> strings(JsonNode array) {
        var all = new ArrayList<String>();
        array.forEach(item -> all.add(item.asString()));
        return all;
    }

    @Test
    void lettersAreTheOfficialIds() throws IOException {
        var tokenizer = Tokenizer.load(SharedFiles.orSkip("golden/tokenizer/tokenizer.model"));
        assertThat(LETTERS.stream().map(l -> Preparation.idOf(tokenizer, l, LetterTokens.PLAIN)))
                .containsExactly(31132, 31139, 31133, 31140);
        assertThat(
                        LETTERS.stream()
                                .map(l -> Preparation.idOf(tokenizer, l, LetterTokens.WORD_START)))
                .containsExactly(703, 731, 702, 743);
    }
}

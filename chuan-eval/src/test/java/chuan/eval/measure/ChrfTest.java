package chuan.eval.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against sacreBLEU 2.6.0: 200 invented pairs in English, in Chinese and with odd characters, some
/// with two references. `CHRF().sentence_score(hypothesis, references).score` and
/// `CHRF(word_order=2)`; of the whole, `corpus_score`.
class ChrfTest {
    private static final double DIGITS = 1e-9;

    private static List<JsonNode> pairs() throws Exception {
        try (var in = ChrfTest.class.getResourceAsStream("chrf.jsonl")) {
            String text =
                    new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            var json = JsonMapper.builder().build();
            return text.lines().map(json::readTree).toList();
        }
    }

    private static List<String> references(JsonNode pair) {
        var references = new ArrayList<String>();
        for (JsonNode reference : pair.get("references")) references.add(reference.stringValue());
        return references;
    }

    @Test
    void everySentenceScoresAsInSacrebleu() throws Exception {
        var pairs = pairs();
        assertThat(pairs).hasSize(200);
        for (JsonNode pair : pairs) {
            String hypothesis = pair.get("hypothesis").stringValue();
            assertThat(score(Chrf.CHARACTERS, hypothesis, references(pair)))
                    .as("%s", pair)
                    .isCloseTo(pair.get("chrf").doubleValue(), within(DIGITS));
            assertThat(score(Chrf.WORDS, hypothesis, references(pair)))
                    .as("%s", pair)
                    .isCloseTo(pair.get("chrfpp").doubleValue(), within(DIGITS));
        }
    }

    @Test
    void theWholeScoresAsInSacrebleu() throws Exception {
        var pairs = pairs();

        assertThat(whole(Chrf.CHARACTERS, pairs)).isCloseTo(51.914441251504506, within(DIGITS));
        assertThat(whole(Chrf.WORDS, pairs)).isCloseTo(48.63998097829643, within(DIGITS));
        assertThat(whole(Chrf.CHARACTERS, pairs.subList(0, 100)))
                .isCloseTo(52.32711995294653, within(DIGITS));
        assertThat(whole(Chrf.WORDS, pairs.subList(0, 100)))
                .isCloseTo(49.05200880465749, within(DIGITS));
    }

    private static double whole(Chrf chrf, List<JsonNode> pairs) {
        var sum = chrf.none();
        for (JsonNode pair : pairs)
            sum = sum.plus(chrf.counts(pair.get("hypothesis").stringValue(), references(pair)));
        return chrf.score(sum);
    }

    private static double score(Chrf chrf, String hypothesis, List<String> references) {
        return chrf.score(chrf.counts(hypothesis, references));
    }
}

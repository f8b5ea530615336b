package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.Judge;
import chuan.eval.Reply;
import chuan.eval.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class JudgesTest {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");
    private static final double NONE = Double.NEGATIVE_INFINITY;

    private static Verdict letters(List<String> key, double... scores) {
        return new LetterJudge(LETTERS, key).judge(List.of(new Reply.Letters(scores, 1)));
    }

    private static Reply likelihood(double... sums) {
        return new Reply.Likelihood(sums, new int[sums.length], new boolean[sums.length], 1);
    }

    private static Verdict options(
            Layout.Score score, List<String> options, List<String> key, Reply... replies) {
        return new LikelihoodJudge(score, options, LETTERS, key).judge(List.of(replies));
    }

    @Test
    void firstOfEqualLettersCounts() {
        var verdict = letters(List.of("B"), -3, -1, -1, -2);
        assertThat(verdict.choice()).isEqualTo("B");
        assertThat(verdict.credit()).isEqualTo(1);
        assertThat(verdict.scores()).containsExactly(-3.0, -1.0, -1.0, -2.0);
        assertThat(letters(List.of("C"), -3, -1, -1, -2).credit()).isZero();
        assertThat(letters(List.of("A"), 0, 0, 0, 0).choice()).isEqualTo("A");
    }

    @Test
    void lettersThatWereNotReportedAreNoAnswer() {
        assertThat(letters(List.of("C"), NONE, NONE, -9, NONE).choice()).isEqualTo("C");
        var verdict = letters(List.of("A"), NONE, NONE, NONE, NONE);
        assertThat(verdict.outcome()).isEqualTo(Verdict.Outcome.UNPARSED);
        assertThat(verdict.credit()).isZero();
    }

    @Test
    void failureIsNoAnswer() {
        Judge judge = new LetterJudge(LETTERS, List.of("A"));
        assertThat(judge.judge(List.of(new Reply.Failure("HTTP 500"))).outcome())
                .isEqualTo(Verdict.Outcome.FAILED);
        assertThat(
                        options(
                                        Layout.Score.PRIOR,
                                        LETTERS,
                                        List.of("A"),
                                        likelihood(-1, -2, -3, -4),
                                        new Reply.Failure("HTTP 500"))
                                .outcome())
                .isEqualTo(Verdict.Outcome.FAILED);
    }

    /// By hand: characters are code points, so that the face counts once and four bytes.
    @Test
    void likelihoodsAreDividedByWhatTheProtocolSays() {
        var texts = List.of("ab", "中", "\ud83d\ude00", "abcd");
        var reply = likelihood(-4, -3, -3.5, -7);
        var key = List.of("A");
        assertThat(options(Layout.Score.SUM, texts, key, reply).choice()).isEqualTo("B");
        var perCharacter = options(Layout.Score.PER_CHARACTER, texts, key, reply);
        assertThat(perCharacter.scores()).containsExactly(-2.0, -3.0, -3.5, -1.75);
        assertThat(perCharacter.choice()).isEqualTo("D");
        var perByte = options(Layout.Score.PER_BYTE, texts, key, reply);
        assertThat(perByte.scores()).containsExactly(-2.0, -1.0, -0.875, -1.75);
        assertThat(perByte.choice()).isEqualTo("C");
        var prior = options(Layout.Score.PRIOR, texts, key, reply, likelihood(-6, -1, -1, -1));
        assertThat(prior.scores()).containsExactly(2.0, -2.0, -2.5, -6.0);
        assertThat(prior.credit()).isEqualTo(1);
    }

    /// An option without text cannot be divided by its length; it is never chosen.
    @Test
    void emptyOptionIsNotChosen() {
        var verdict =
                options(
                        Layout.Score.PER_CHARACTER,
                        List.of("", "ab"),
                        List.of("B"),
                        likelihood(-1, -50));
        assertThat(verdict.choice()).isEqualTo("B");
    }

    /// acc and acc_norm as lm-evaluation-harness computed them.
    @Test
    void metricsAreThoseOfTheHarness() throws IOException {
        var rows = Shared.lines(Shared.orSkip("golden/eval/extraction/lm-eval-metrics.jsonl"));
        assertThat(rows).hasSize(22);
        for (var row : rows) {
            var texts = new ArrayList<String>();
            for (var text : row.get("choices")) texts.add(text.asString());
            double[] sums = new double[texts.size()];
            for (int i = 0; i < sums.length; i++)
                sums[i] = row.get("loglikelihoods").get(i).asDouble();
            var gold = row.get("gold");
            var key =
                    gold.isArray()
                            ? IntStream.range(0, gold.size())
                                    .mapToObj(i -> Item.letter(gold.get(i).asInt()))
                                    .toList()
                            : List.of(Item.letter(gold.asInt()));
            assertThat(options(Layout.Score.SUM, texts, key, likelihood(sums)).credit())
                    .as("%s", row)
                    .isEqualTo(row.get("acc").asDouble());
            assertThat(options(Layout.Score.PER_CHARACTER, texts, key, likelihood(sums)).credit())
                    .as("%s", row)
                    .isEqualTo(row.get("acc_norm").asDouble());
        }
    }
}

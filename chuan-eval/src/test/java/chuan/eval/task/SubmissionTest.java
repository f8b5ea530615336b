package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SubmissionTest {
    private static Result result(String subject, int index, String choice, List<String> key) {
        var outcome = choice.isEmpty() ? Verdict.Outcome.UNPARSED : Verdict.Outcome.ANSWERED;
        return new Result(
                "ceval",
                subject,
                index,
                "00",
                5,
                0,
                key,
                new Verdict(outcome, choice, 0, List.of()),
                List.of(),
                "",
                1,
                0,
                0);
    }

    private static Paper paper(Result... results) {
        var grouping = new Grouping(List.of(), Grouping.Average.MACRO);
        return new Paper(
                "ceval", "C-Eval", Map.of(), grouping, 0.25, Map.of(), List.of(results), List.of());
    }

    @Test
    void choicesAreWrittenBySubjectAndRow() {
        var paper =
                paper(
                        result("law", 0, "B", List.of()),
                        result("law", 1, "", List.of()),
                        result("law", 2, "D", List.of()),
                        result("logic", 0, "A", List.of()));
        assertThat(Submission.isFor(paper)).isTrue();
        assertThat(Shared.JSON.readTree(Submission.json(paper)))
                .isEqualTo(
                        Shared.JSON.readTree(
                                "{\"law\": {\"0\": \"B\", \"2\": \"D\"}, \"logic\": {\"0\": \"A\"}}"));
    }

    @Test
    void whatIsScoredIsNoSubmission() {
        assertThat(Submission.isFor(paper(result("law", 0, "B", List.of("A"))))).isFalse();
        assertThat(Submission.isFor(paper())).isFalse();
    }
}

package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A test split whose answers its authors keep gets no figure.
final class HiddenKeyTest {
    private static String report(boolean scored, List<String> key) {
        var verdict = new Verdict(Verdict.Outcome.ANSWERED, "B", 0, List.of(1.0, 2.0));
        var result =
                new Result("ceval", "law", 0, "00", 5, 0, key, verdict, List.of(), "", 1, 0, 0);
        var paper =
                new Paper(
                        "ceval",
                        "C-Eval",
                        Map.of("scored", scored),
                        new Grouping(List.of(), Grouping.Average.MACRO),
                        0.25,
                        Map.of("law", "law"),
                        List.of(result),
                        List.of());
        var examination =
                new Examination(Examination.VERSION, Map.of("model", "m"), List.of(paper));
        return TextReport.of(Report.of(examination), false);
    }

    @Test
    void withoutAKeyThereIsNoFigure() {
        assertThat(report(false, List.of())).contains("scored: false").doesNotContain("0.0");
        assertThat(report(true, List.of("A"))).contains("scored: true").contains("0.0");
    }
}

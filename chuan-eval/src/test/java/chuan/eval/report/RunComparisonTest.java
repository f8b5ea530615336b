package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Examination;
import chuan.eval.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RunComparisonTest {
    private static final Bootstrap QUICK = new Bootstrap(1, 2000);

    private static Examination other(List<Result> results) {
        return new Examination(1, Map.of("model", "other"), List.of(Runs.paper(results)));
    }

    /// The same questions with the credit turned where a test says so.
    private static Examination turned(Examination run, List<Integer> questions) {
        var results = new ArrayList<>(run.papers().getFirst().results());
        for (int i : questions) {
            var result = results.get(i);
            String key = result.key().getFirst();
            boolean right = result.verdict().credit() == 1;
            results.set(
                    i, with(result, right ? (key.equals("A") ? "B" : "A") : key, right ? 0 : 1));
        }
        return other(results);
    }

    private static Result with(Result r, String choice, double credit) {
        return new Result(
                r.task(),
                r.subject(),
                r.index(),
                r.promptHash(),
                r.shots(),
                r.dropped(),
                r.key(),
                new chuan.eval.Verdict(
                        chuan.eval.Verdict.Outcome.ANSWERED, choice, credit, r.verdict().scores()),
                r.replies(),
                r.failure(),
                r.promptTokens(),
                r.writtenTokens(),
                r.seconds());
    }

    @Test
    void countsWhatOneRunAloneHasRight() {
        var first = Runs.examination("first", 0.5, 9);
        var results = first.papers().getFirst().results();
        var gained = new ArrayList<Integer>();
        var lost = new ArrayList<Integer>();
        for (int i = 10; i < 70; i++) { // law
            boolean right = results.get(i).verdict().credit() == 1;
            if (right && lost.size() < 1) lost.add(i);
            if (!right && gained.size() < 7) gained.add(i);
        }
        var all = new ArrayList<>(gained);
        all.addAll(lost);

        var compared = RunComparison.of(first, turned(first, all), QUICK).tasks().getFirst();

        var law = compared.columns().get(2);
        assertThat(law.test()).isEqualTo(new McNemar(1, 7));
        assertThat(law.difference().value()).isCloseTo(6 / 60.0, within(1e-12));
        assertThat(law.difference().interval().contains(6 / 60.0)).isTrue();
        assertThat(law.second() - law.first()).isCloseTo(6 / 60.0, within(1e-12));
        // p 0.0390625 in three of the five columns asked, 1 in the two without a change:
        // Holm multiplies the smallest by five.
        assertThat(law.adjusted()).isCloseTo(5 * 0.0390625, within(1e-12));
        var physics = compared.columns().getFirst();
        assertThat(physics.test()).isEqualTo(new McNemar(0, 0));
        assertThat(physics.difference().interval()).isEqualTo(new Interval(0, 0));
        assertThat(compared.columns().get(4).adjusted()).isNaN();
        var average = compared.columns().getLast();
        assertThat(average.difference().value()).isCloseTo(6 / 60.0 / 4, within(1e-12));
        assertThat(compared.changed()).hasSize(8);
        assertThat(compared.same()).isEqualTo(122);
    }

    @Test
    void aRunEqualsItself() {
        var run = Runs.examination("first", 0.5, 9);

        var comparison = RunComparison.of(run, run, QUICK);

        for (var column : comparison.tasks().getFirst().columns())
            if (column.difference().questions() > 0) {
                assertThat(column.difference().value()).isZero();
                assertThat(column.test().mid()).isEqualTo(1);
            }
        assertThat(comparison.tasks().getFirst().changed()).isEmpty();
        assertThat(comparison.text()).contains("130 questions answered alike, 0 not");
    }

    @Test
    void runsThatAskedOtherThingsAreRefused() {
        var first = Runs.examination("first", 0.5, 9);
        var results = new ArrayList<>(first.papers().getFirst().results());
        for (int i = 20; i < 23; i++) {
            var r = results.get(i);
            results.set(
                    i,
                    new Result(
                            r.task(),
                            r.subject(),
                            r.index(),
                            "f".repeat(64),
                            r.shots(),
                            r.dropped(),
                            r.key(),
                            r.verdict(),
                            r.replies(),
                            r.failure(),
                            r.promptTokens(),
                            r.writtenTokens(),
                            r.seconds()));
        }
        assertThatThrownBy(() -> RunComparison.of(first, other(results), QUICK))
                .isInstanceOf(IncomparableException.class)
                .hasMessage(
                        "cmmlu: the runs did not ask the same: 3 of 130 questions were asked in other"
                                + " words (the prompts differ), such as law 10");

        var fewer = first.papers().getFirst().results().subList(0, 100);
        assertThatThrownBy(() -> RunComparison.of(first, other(fewer), QUICK))
                .hasMessageContaining("30 of 130 questions are in the first run only");
        assertThatThrownBy(() -> RunComparison.of(other(fewer), first, QUICK))
                .hasMessageContaining("30 of 130 questions are in the second run only");
        var none = new Examination(1, Map.of(), List.of());
        assertThatThrownBy(() -> RunComparison.of(first, none, QUICK))
                .hasMessageContaining("the runs share no task: one holds cmmlu, text");
    }

    @Test
    void thePageHoldsTheChangesAndNothingFromElsewhere() {
        var first = Runs.examination("first", 0.5, 9);
        String page =
                HtmlComparison.of(RunComparison.of(first, turned(first, List.of(3, 4)), QUICK));

        assertThat(page)
                .contains("data-changes=\"changes-0\"")
                .contains(
                        Objects.requireNonNull(
                                first.papers().getFirst().results().get(3).promptHash()))
                .doesNotContain("<script>alert")
                .doesNotContainPattern("(?i)\\b(src|href)=\"(?!#)");
    }
}

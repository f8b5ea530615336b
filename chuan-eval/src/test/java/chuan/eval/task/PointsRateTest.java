package chuan.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Examination.Measure;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import chuan.eval.report.Interval;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointsRateTest {
    private static final Grouping TABLE =
            new Grouping(
                    List.of(
                            new Grouping.Column("English", List.of("reading", "blanks")),
                            new Grouping.Column("Physics", List.of("physics"))),
                    Grouping.Average.MACRO);

    @TempDir Path folder;

    private static Result result(String subject, int parts, double credit) {
        return new Result(
                "gaokao",
                subject,
                0,
                "",
                0,
                0,
                List.of("A".repeat(parts).split("")),
                new Verdict(Verdict.Outcome.ANSWERED, "A", credit, List.of()),
                List.of(),
                "",
                0,
                0,
                0);
    }

    /// Reading: 4 parts of 2 points, half of them won, and 3 parts, all won: 4 + 6 of 14. Blanks:
    /// 20 parts of 1.5, a tenth won: 3 of 30. Physics: 6 and 3 of 12.
    @Test
    void pointsAreWeighedAsTheAuthorsDo() {
        var rate = new PointsRate(Map.of("reading", 2.0, "blanks", 1.5, "physics", 6.0));
        var measures =
                rate.measures(
                        TABLE,
                        List.of(
                                result("reading", 4, 0.5),
                                result("reading", 3, 1),
                                result("blanks", 20, 0.1),
                                result("physics", 1, 1),
                                result("physics", 1, 0.5)));

        assertThat(measures.stream().map(Measure::of)).containsExactly("English", "Physics", "all");
        assertThat(measures.get(0).value()).isCloseTo(100 * 13 / 44.0, within(1e-9));
        assertThat(measures.get(1).value()).isCloseTo(75, within(1e-9));
        assertThat(measures.get(2).value()).isCloseTo(100 * 22 / 56.0, within(1e-9));
        for (Measure measure : measures) {
            assertThat(measure.low()).isLessThan(measure.value());
            assertThat(measure.high()).isGreaterThan(measure.value());
        }
    }

    @Test
    void whereAllIsLostTheIntervalIsWilsons() {
        var rate = new PointsRate(Map.of("physics", 6.0));
        var results = List.of(result("physics", 1, 0), result("physics", 1, 0));

        var measure = rate.measures(TABLE, results).getFirst();
        assertThat(measure.high()).isCloseTo(100 * Interval.wilson(0, 2).high(), within(1e-9));
        assertThat(rate.measures(TABLE, List.of())).isEmpty();
    }

    /// The file of the task itself: of two files, by its own prompts, answers and points.
    @Test
    void theTaskOfGaokaoHasThem() throws Exception {
        String file =
                "{\"example\":[{\"question\":\"题\",\"answer\":[\"A\",\"B\"]},"
                        + "{\"question\":\"目\",\"answer\":[\"C\",\"D\",\"A\"]}]}";
        Path set = Files.createDirectories(folder.resolve("gaokao"));
        Files.writeString(set.resolve("2010-2022_Geography_MCQs.json"), file);
        Files.writeString(
                set.resolve("2010-2022_Physics_MCQs.json"),
                "{\"example\":[{\"question\":\"题\",\"answer\":[\"AB\"]}]}");
        var task =
                Tasks.open(
                        "gaokao:2010-2022_Geography_MCQs+2010-2022_Physics_MCQs",
                        TaskSettings.of(folder).withProtocol("authors"));
        var exercises = task.exercises(String::length);
        assertThat(exercises).hasSize(3);
        var results =
                List.of(
                        result("2010-2022_Geography_MCQs", 2, 0.5),
                        result("2010-2022_Geography_MCQs", 3, 1),
                        result("2010-2022_Physics_MCQs", 1, 0.5));

        var all = task.measures(results).getLast();
        assertThat(all.unit()).isEqualTo("rate of points, %");
        assertThat(all.value()).isCloseTo(100 * (4 + 12 + 3) / 26.0, within(1e-9));
    }
}

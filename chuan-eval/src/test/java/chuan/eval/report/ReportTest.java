package chuan.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import chuan.eval.report.PaperFigures.Standing;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Bootstrap QUICK = new Bootstrap(1, 1000);

    @Test
    void averagesAreTheMeanOfQuestionsAndTheMeanOfSubjects() {
        var results = new ArrayList<Result>();
        add(results, "physics", 10, 1); // 10 %
        add(results, "law", 40, 20); // 50 %
        add(results, "history", 50, 45); // 90 %
        var figures = PaperFigures.of(Runs.paper(results), QUICK);

        var average = figures.columns().getLast();
        assertThat(average.macro().value()).isCloseTo(0.5, within(1e-12));
        assertThat(average.micro().value()).isCloseTo(0.66, within(1e-12));
        assertThat(average.missing()).isEqualTo(1);
        assertThat(average.macro().interval().contains(0.5)).isTrue();
        assertThat(average.micro().interval().contains(0.66)).isTrue();
        assertThat(average.wilson()).isEqualTo(Interval.wilson(66, 100));
        var china = figures.columns().get(3);
        assertThat(china.macro().value()).isCloseTo(0.7, within(1e-12));
        assertThat(figures.columns().get(4).micro().value()).isNaN();
    }

    @Test
    void aModelThatGuessesIsSaidToGuess() {
        var results = new ArrayList<Result>();
        add(results, "physics", 100, 25);
        add(results, "law", 100, 80);
        add(results, "history", 100, 2);
        var figures = PaperFigures.of(Runs.paper(results), QUICK);

        assertThat(figures.columns().stream().map(PaperFigures.Column::standing).toList())
                .containsExactly(
                        Standing.LIKE_GUESSING,
                        Standing.BELOW,
                        Standing.ABOVE,
                        Standing.ABOVE,
                        Standing.NOT_COMPARED,
                        Standing.ABOVE);
        String text =
                TextReport.of(
                        Report.of(
                                new chuan.eval.Examination(
                                        1, java.util.Map.of(), List.of(figures.paper())),
                                QUICK),
                        false);
        assertThat(text)
                .contains("25.0 °")
                .contains("° not different from guessing: the interval contains 25.0")
                .contains("Hard: 1 of 1 subjects were not asked");
    }

    /// Of answers that are all right, every resample is all right: the bootstrap would claim that
    /// nothing is left to doubt.
    @Test
    void whatIsAllRightKeepsAnInterval() {
        var results = new ArrayList<Result>();
        add(results, "physics", 5, 5);
        var figures = PaperFigures.of(Runs.paper(results), QUICK);

        assertThat(figures.columns().getFirst().macro().interval())
                .isEqualTo(Interval.wilson(5, 5));
        assertThat(figures.columns().getFirst().micro().interval())
                .isEqualTo(Interval.wilson(5, 5));
    }

    @Test
    void aTaskWithoutColumnsHasOneOverAll() {
        var results = new ArrayList<Result>();
        add(results, "sums", 8, 2);
        var paper =
                new Paper(
                        "sums",
                        "Sums",
                        java.util.Map.of(),
                        new Grouping(List.of(), Grouping.Average.MICRO),
                        Double.NaN,
                        java.util.Map.of(),
                        results,
                        List.of());

        var figures = PaperFigures.of(paper, QUICK);

        assertThat(figures.columns()).hasSize(1);
        assertThat(figures.columns().getFirst().micro().value()).isEqualTo(0.25);
        assertThat(figures.columns().getFirst().standing()).isEqualTo(Standing.NOT_COMPARED);
    }

    @Test
    void everyFigureOfTheTextStandsWithItsInterval() {
        var report = Report.of(Runs.examination("a-model", 0.5, 3), QUICK);

        String text = TextReport.of(report, true);

        var lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++)
            if (lines.get(i).matches("\\| \\(?mean of (subjects|questions).*"))
                assertThat(lines.get(i + 1)).startsWith("|   95 % interval");
        assertThat(text)
                .contains("published, %: Baichuan-13B README, 5-shot")
                .containsPattern("Baichuan-13B-Base +\\| +41.7 \\| +61.1 \\| +59.8 \\| +56.4 \\|")
                .contains("1.200 – 1.300");
    }

    @Test
    void publishedColumnsAreFoundUnderTheNamesOthersGiveThem() {
        assertThat(Published.sameColumn("Social Sciences", "Social Science")).isTrue();
        assertThat(Published.sameColumn("social sciences", "Social")).isTrue();
        assertThat(Published.sameColumn("Avg.", "Average")).isTrue();
        assertThat(Published.sameColumn("Others", "Other")).isTrue();
        assertThat(Published.sameColumn("C-Eval Hard", "Hard")).isTrue();
        assertThat(Published.sameColumn("China Specific", "China")).isTrue();
        assertThat(Published.sameColumn("Hard", "Average")).isFalse();
        for (String task : List.of("ceval", "mmlu", "cmmlu", "gaokao", "agieval", "gsm8k"))
            assertThat(Published.of(task)).as(task).isNotEmpty();
    }

    /// The announcement gives both: the categories weighted by their 20, 10, 11 and 11 subjects
    /// must come to its average, within rounding. A check of the data file.
    @Test
    void thePublishedAveragesFollowFromTheirCategories() {
        var table = Published.of("ceval").getFirst();
        for (String model : table.rows().keySet()) {
            double sum =
                    20 * table.value(model, "STEM").orElseThrow()
                            + 10 * table.value(model, "Social Sciences").orElseThrow()
                            + 11 * table.value(model, "Humanities").orElseThrow()
                            + 11 * table.value(model, "Others").orElseThrow();
            assertThat(sum / 52)
                    .as(model)
                    .isCloseTo(table.value(model, "Average").orElseThrow(), within(0.11));
        }
    }

    private static void add(List<Result> results, String subject, int questions, int right) {
        for (int i = 0; i < questions; i++)
            results.add(
                    new Result(
                            "cmmlu",
                            subject,
                            i,
                            "0".repeat(64),
                            5,
                            0,
                            List.of("A"),
                            new Verdict(
                                    Verdict.Outcome.ANSWERED,
                                    i < right ? "A" : "B",
                                    i < right ? 1 : 0,
                                    List.of()),
                            List.of(),
                            "",
                            0,
                            0,
                            0));
    }
}

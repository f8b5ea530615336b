package chuan.eval.report;

import chuan.eval.Examination.Paper;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// All figures of one task, computed from its questions.
///
/// @param columns of its table, from left to right
/// @param subjects in the order of the questions
/// @param counts of all questions together
public record PaperFigures(
        Paper paper,
        List<Column> columns,
        List<Subject> subjects,
        Counts counts,
        Calibration calibration,
        LetterBias letters) {
    /// The column over everything, of a task that names none.
    public static final String AVERAGE = "Average";

    /// A column of the table. An answer that could not be read or had counts as wrong.
    ///
    /// @param wilson the micro average's interval by another way, to check the first by
    /// @param subjects that it averages and that were asked
    /// @param missing subjects that it averages and that were not asked
    public record Column(
            String name,
            int subjects,
            int missing,
            Mean micro,
            Interval wilson,
            Mean macro,
            Standing standing) {}

    /// @param value from 0 to 1; NaN where nothing was asked
    /// @param interval by bootstrap; by Wilson where all credits are equal, of which no resample
    ///   can differ
    public record Mean(double value, Interval interval, long questions) {
        static final Mean NONE = new Mean(Double.NaN, new Interval(Double.NaN, Double.NaN), 0);
    }

    public record Subject(String name, String title, Mean mean, Standing standing) {}

    /// @param dropped questions that lost examples because they were too long
    /// @param seconds summed over the questions
    public record Counts(
            long questions,
            long right,
            long unparsed,
            long failed,
            long dropped,
            long promptTokens,
            long writtenTokens,
            double seconds) {}

    /// A mean against what guessing gives.
    public enum Standing {
        ABOVE,
        /// The interval contains the credit of guessing: the model is not shown to know anything.
        LIKE_GUESSING,
        BELOW,
        /// Guessing means nothing here, or nothing was asked.
        NOT_COMPARED;

        static Standing of(Mean mean, double chance) {
            if (Double.isNaN(chance) || Double.isNaN(mean.value())) return NOT_COMPARED;
            if (mean.interval().contains(chance)) return LIKE_GUESSING;
            return mean.value() > chance ? ABOVE : BELOW;
        }
    }

    public PaperFigures {
        columns = List.copyOf(columns);
        subjects = List.copyOf(subjects);
    }

    public boolean macroIsOfficial() {
        return paper.grouping().official() == Grouping.Average.MACRO;
    }

    public Mean official(Column column) {
        return macroIsOfficial() ? column.macro() : column.micro();
    }

    /// The column that the task comes to.
    Column average() {
        for (Column column : columns)
            if (Published.sameColumn(column.name(), AVERAGE)) return column;
        return columns.getLast();
    }

    /// What the task comes to, averaged as the published figures are.
    public Mean overall() {
        return official(average());
    }

    public static PaperFigures of(Paper paper, Bootstrap bootstrap) {
        var credits = credits(paper);
        return new PaperFigures(
                paper,
                columns(paper, credits, bootstrap),
                subjects(paper, credits),
                counts(paper.results()),
                Calibration.of(paper.results(), Calibration.BINS),
                LetterBias.of(paper.results()));
    }

    /// Of each subject, in the order of the questions.
    private static Map<String, double[]> credits(Paper paper) {
        var lists = new LinkedHashMap<String, List<Double>>();
        for (Result result : paper.results())
            lists.computeIfAbsent(result.subject(), _ -> new ArrayList<>())
                    .add(result.verdict().credit());
        var credits = new LinkedHashMap<String, double[]>();
        lists.forEach((subject, list) ->
                credits.put(subject, list.stream().mapToDouble(credit -> credit).toArray()));
        return credits;
    }

    private static List<Column> columns(
            Paper paper, Map<String, double[]> credits, Bootstrap bootstrap) {
        var strata = new Strata(credits, true);
        var asked = strata.groups(tableColumns(paper));
        var macro = strata.macro(asked, bootstrap);
        var columns = new ArrayList<Column>();
        for (int i = 0; i < asked.size(); i++) {
            var group = asked.get(i);
            var micro = strata.micro(group, bootstrap);
            var official =
                    paper.grouping().official() == Grouping.Average.MACRO ? macro.get(i) : micro;
            columns.add(
                    new Column(
                            group.name(),
                            group.strata().length,
                            group.missing(),
                            micro,
                            strata.wilson(group),
                            macro.get(i),
                            Standing.of(official, paper.chance())));
        }
        return columns;
    }

    /// Those of the task, and one over everything if none of them is: the last, but for a selection
    /// of hard questions, which published tables have behind it.
    static List<Grouping.Column> tableColumns(Paper paper) {
        var columns = new ArrayList<>(paper.grouping().columns());
        var all = paper.results().stream().map(Result::subject).distinct().toList();
        if (columns.stream().anyMatch(column -> column.subjects().containsAll(all))) return columns;
        boolean hard = !columns.isEmpty() && Published.sameColumn(columns.getLast().name(), "Hard");
        columns.add(hard ? columns.size() - 1 : columns.size(), new Grouping.Column(AVERAGE, all));
        return columns;
    }

    private static List<Subject> subjects(Paper paper, Map<String, double[]> credits) {
        var subjects = new ArrayList<Subject>();
        credits.forEach((name, values) -> {
            double sum = 0;
            for (double value : values) sum += value;
            var mean =
                    new Mean(
                            sum / values.length,
                            Interval.wilson(sum, values.length),
                            values.length);
            subjects.add(
                    new Subject(
                            name,
                            paper.titles().getOrDefault(name, name),
                            mean,
                            Standing.of(mean, paper.chance())));
        });
        return subjects;
    }

    private static Counts counts(List<Result> results) {
        return new Counts(
                results.size(),
                results.stream().filter(r -> r.verdict().credit() == 1).count(),
                count(results, Verdict.Outcome.UNPARSED),
                count(results, Verdict.Outcome.FAILED),
                results.stream().filter(r -> r.dropped() > 0).count(),
                results.stream().mapToLong(Result::promptTokens).sum(),
                results.stream().mapToLong(Result::writtenTokens).sum(),
                results.stream().mapToDouble(Result::seconds).sum());
    }

    private static long count(List<Result> results, Verdict.Outcome outcome) {
        return results.stream().filter(r -> r.verdict().outcome() == outcome).count();
    }
}

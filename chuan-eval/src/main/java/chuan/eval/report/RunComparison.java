package chuan.eval.report;

import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Two examinations over the same questions.
///
/// @param tasks those that both hold, in the order of the first
/// @param alone names of tasks that only one holds
public record RunComparison(
        Examination first,
        Examination second,
        Bootstrap bootstrap,
        List<PairedFigures> tasks,
        List<String> alone) {

    public RunComparison {
        tasks = List.copyOf(tasks);
        alone = List.copyOf(alone);
    }

    /// @throws IncomparableException if they share no task, or were not asked the same in one
    public static RunComparison of(Examination first, Examination second, Bootstrap bootstrap) {
        var tasks = new ArrayList<PairedFigures>();
        var alone = new ArrayList<String>();
        for (Paper paper : first.papers()) {
            var other = find(second, paper.task());
            if (other == null) alone.add(paper.task());
            else if (Report.scored(paper) || Report.scored(other))
                tasks.add(PairedFigures.of(paper, other, bootstrap));
        }
        for (Paper paper : second.papers())
            if (find(first, paper.task()) == null) alone.add(paper.task());
        if (tasks.isEmpty())
            throw new IncomparableException(
                    "the runs share no task: one holds "
                            + names(first)
                            + ", the other "
                            + names(second));
        return new RunComparison(first, second, bootstrap, tasks, alone);
    }

    private static @Nullable Paper find(Examination examination, String task) {
        for (Paper paper : examination.papers()) if (paper.task().equals(task)) return paper;
        return null;
    }

    private static String names(Examination examination) {
        return String.join(", ", examination.papers().stream().map(Paper::task).toList());
    }

    /// For scripts.
    public Map<String, Object> values() {
        var values = new LinkedHashMap<String, Object>();
        values.put("first", Report.examinee(first));
        values.put("second", Report.examinee(second));
        var list = new ArrayList<Map<String, Object>>();
        for (PairedFigures task : tasks) list.add(values(task));
        values.put("tasks", list);
        values.put("in_one_run_only", alone);
        return values;
    }

    private static Map<String, Object> values(PairedFigures task) {
        var columns = new ArrayList<Map<String, @Nullable Object>>();
        for (var column : task.columns()) {
            var of = new LinkedHashMap<String, @Nullable Object>();
            of.put("name", column.name());
            of.put("questions", column.difference().questions());
            of.put("first", Report.number(100 * column.first()));
            of.put("second", Report.number(100 * column.second()));
            of.put("difference", Report.number(100 * column.difference().value()));
            of.put("low", Report.number(100 * column.difference().interval().low()));
            of.put("high", Report.number(100 * column.difference().interval().high()));
            of.put("right_in_first_only", column.test().onlyFirst());
            of.put("right_in_second_only", column.test().onlySecond());
            of.put("p_exact", column.test().exact());
            of.put("p_mid", column.test().mid());
            of.put("p_mid_holm", Report.number(column.adjusted()));
            columns.add(of);
        }
        var values = new LinkedHashMap<String, Object>();
        values.put("task", task.first().task());
        values.put("average", task.first().grouping().official().name().toLowerCase(Locale.ROOT));
        values.put("same_answers", task.same());
        values.put("changed_answers", task.changed().size());
        values.put("columns", columns);
        return values;
    }

    /// As Markdown that reads well on a terminal.
    public String text() {
        var text = new StringBuilder();
        text.append("first   ").append(Report.examinee(first)).append('\n');
        text.append("second  ").append(Report.examinee(second)).append('\n');
        for (PairedFigures task : tasks) {
            text.append("\n## ").append(task.first().title()).append("\n\n");
            text.append(table(task));
            text.append(
                    "%,d questions answered alike, %,d not; p: McNemar's test on questions that one run"
                                    .formatted(task.same(), task.changed().size())
                            + " alone has right (mid-p), and by Holm over the columns\n");
        }
        if (!alone.isEmpty())
            text.append("\nin one run only: ").append(String.join(", ", alone)).append('\n');
        return text.toString();
    }

    private static Table table(PairedFigures task) {
        var table =
                new Table(
                        List.of(
                                "%",
                                "first",
                                "second",
                                "difference",
                                "95 % interval",
                                "first only",
                                "second only",
                                "p",
                                "p (Holm)"));
        for (var column : task.columns())
            table.row(
                    List.of(
                            column.name(),
                            TextReport.percent(column.first()),
                            TextReport.percent(column.second()),
                            signed(column.difference().value()),
                            signedInterval(column.difference().interval()),
                            String.format(Locale.ROOT, "%,d", column.test().onlyFirst()),
                            String.format(Locale.ROOT, "%,d", column.test().onlySecond()),
                            probability(column.test().mid()),
                            probability(column.adjusted())));
        return table;
    }

    static String signed(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%+.1f", 100 * value);
    }

    static String signedInterval(Interval interval) {
        return Double.isNaN(interval.low())
                ? "-"
                : signed(interval.low()) + " to " + signed(interval.high());
    }

    static String probability(double p) {
        if (Double.isNaN(p)) return "-";
        return p < 0.0005 ? "< 0.001" : String.format(Locale.ROOT, "%.3f", p);
    }
}

package chuan.eval.report;

import chuan.eval.Examination.Measure;
import chuan.eval.report.PaperFigures.Mean;
import chuan.eval.report.PaperFigures.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/// A [Report] as Markdown that reads well on a terminal.
public final class TextReport {
    private static final String GUESSING = " °";
    private static final int LINE = 110;

    private TextReport() {}

    /// @param published whether tables that others published stand below the measured ones
    public static String of(Report report, boolean published) {
        var text = new StringBuilder();
        for (PaperFigures figures : report.papers()) {
            if (!text.isEmpty()) text.append('\n');
            text.append("## ").append(figures.paper().title()).append("\n\n");
            text.append(facts(figures.paper().facts())).append("\n\n");
            if (Report.scored(figures.paper())) {
                text.append(measured(figures)).append('\n').append(notes(figures, report));
                if (published) text.append(published(figures));
            }
            if (!figures.paper().measures().isEmpty()) {
                if (Report.scored(figures.paper())) text.append('\n');
                text.append(measures(figures.paper().measures()));
            }
        }
        return text.toString();
    }

    /// In lines that a terminal of usual width shows whole.
    private static String facts(Map<String, Object> facts) {
        var text = new StringBuilder();
        int line = 0;
        for (var fact : facts.entrySet()) {
            String next = fact.getKey().replace('_', ' ') + ": " + fact.getValue();
            boolean fits = line + 3 + next.length() <= LINE;
            if (line > 0) text.append(fits ? " · " : "\n");
            line = (line > 0 && fits ? line + 3 : 0) + next.length();
            text.append(next);
        }
        return text.toString();
    }

    private static Table measured(PaperFigures figures) {
        var head = new ArrayList<String>(List.of("measured, %"));
        figures.columns().forEach(column -> head.add(column.name()));
        var table = new Table(head);
        boolean macro = figures.macroIsOfficial();
        addMeans(table, figures, macro, macro ? "mean of subjects" : "mean of questions");
        addMeans(table, figures, !macro, macro ? "mean of questions" : "mean of subjects");
        return table;
    }

    /// The official average first: the one with the marks.
    private static void addMeans(Table table, PaperFigures figures, boolean macro, String label) {
        boolean official = macro == figures.macroIsOfficial();
        Function<PaperFigures.Column, Mean> mean = c -> macro ? c.macro() : c.micro();
        var values = new ArrayList<String>(List.of(official ? label : "(" + label + ")"));
        var intervals = new ArrayList<String>(List.of("  95 % interval"));
        for (var column : figures.columns()) {
            boolean mark = official && column.standing() == Standing.LIKE_GUESSING;
            values.add(percent(mean.apply(column).value()) + (mark ? GUESSING : ""));
            intervals.add(interval(mean.apply(column).interval()));
        }
        table.row(values);
        table.row(intervals);
    }

    private static String notes(PaperFigures figures, Report report) {
        var notes = new StringBuilder();
        if (figures.columns().stream().anyMatch(c -> c.standing() == Standing.LIKE_GUESSING))
            line(
                    notes,
                    "° not different from guessing: the interval contains %s",
                    percent(figures.paper().chance()));
        for (var column : figures.columns())
            if (column.missing() > 0)
                line(
                        notes,
                        "%s: %d of %d subjects were not asked",
                        column.name(),
                        column.missing(),
                        column.missing() + column.subjects());
        var counts = figures.counts();
        line(
                notes,
                "%,d questions, %,d with full credit; %,d answers could not be read and %,d could"
                        + " not be had (both count as wrong); %,d prompts lost examples",
                counts.questions(),
                counts.right(),
                counts.unparsed(),
                counts.failed(),
                counts.dropped());
        line(
                notes,
                "intervals: percentile bootstrap, %,d resamples, seed %d%s",
                report.bootstrap().resamples(),
                report.bootstrap().seed(),
                "; means of subjects drawn subject by subject");
        if (figures.calibration().questions() > 0)
            line(
                    notes,
                    "calibration error %.1f %% over %,d questions",
                    100 * figures.calibration().error(),
                    figures.calibration().questions());
        if (!figures.letters().letters().isEmpty()) line(notes, "letters: %s", letters(figures));
        return notes.toString();
    }

    private static String letters(PaperFigures figures) {
        var parts = new ArrayList<String>();
        for (var letter : figures.letters().letters())
            parts.add(
                    String.format(
                            Locale.ROOT,
                            "%s chosen %,d, right %,d",
                            letter.letter(),
                            letter.chosen(),
                            letter.right()));
        return String.join("; ", parts)
                + String.format(
                        Locale.ROOT,
                        "; %.1f %% of the answers would have to change for equal shares",
                        100 * figures.letters().distance());
    }

    private static String published(PaperFigures figures) {
        var text = new StringBuilder();
        for (Published table : Published.of(figures.paper().task())) {
            var head =
                    new ArrayList<String>(
                            List.of(
                                    "published, %%: %s, %d-shot"
                                            .formatted(table.source(), table.shots())));
            figures.columns().forEach(column -> head.add(column.name()));
            var rows = new Table(head);
            for (String model : table.rows().keySet()) {
                var cells = new ArrayList<String>(List.of(model));
                for (var column : figures.columns())
                    cells.add(published(table.value(model, column.name())));
                rows.row(cells);
            }
            text.append('\n').append(rows);
        }
        return text.toString();
    }

    private static String measures(List<Measure> measures) {
        var table = new Table(List.of("measured", "value", "95 % interval", "unit", "of"));
        for (Measure m : measures)
            table.row(
                    List.of(
                            m.of(),
                            number(m.value()),
                            interval(m),
                            m.unit(),
                            String.format(Locale.ROOT, "%,d", m.count())));
        return table.toString();
    }

    static String published(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.1f", value.getAsDouble()) : "-";
    }

    /// One digit, as the published tables have it.
    static String percent(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * value);
    }

    static String interval(Interval interval) {
        return Double.isNaN(interval.low())
                ? "-"
                : percent(interval.low()) + "–" + percent(interval.high());
    }

    static String interval(Measure m) {
        return Double.isNaN(m.low()) ? "-" : number(m.low()) + " – " + number(m.high());
    }

    static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.4g", value);
    }

    private static void line(StringBuilder to, String format, Object... values) {
        to.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}

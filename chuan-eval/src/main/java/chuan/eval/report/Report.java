package chuan.eval.report;

import chuan.eval.Examination;
import chuan.eval.Examination.Paper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An examination with all figures computed: what tables, pages and scripts show.
///
/// @param papers one for each of the examination's, in their order
public record Report(Examination examination, Bootstrap bootstrap, List<PaperFigures> papers) {
    public Report {
        papers = List.copyOf(papers);
    }

    public static Report of(Examination examination, Bootstrap bootstrap) {
        return new Report(
                examination,
                bootstrap,
                examination.papers().stream()
                        .map(paper -> PaperFigures.of(paper, bootstrap))
                        .toList());
    }

    public static Report of(Examination examination) {
        return of(examination, Bootstrap.DEFAULT);
    }

    /// The name of whoever was examined, as well as the facts tell it.
    static String examinee(Examination examination) {
        for (String key : List.of("model", "endpoint_model", "examinee", "endpoint"))
            if (examination.facts().get(key) instanceof Object name) return name.toString();
        return "?";
    }

    /// Whether guessing and columns mean something: the task is scored question by question, and
    /// its key is not kept by its authors.
    static boolean scored(Paper paper) {
        boolean hidden = Boolean.FALSE.equals(paper.facts().get("scored"));
        return !paper.results().isEmpty() && !hidden;
    }

    /// For scripts: every figure of the tables, in percent as they show it.
    public Map<String, Object> values() {
        var values = new LinkedHashMap<String, Object>();
        values.put("examinee", examinee(examination));
        values.put("bootstrap_seed", bootstrap.seed());
        values.put("bootstrap_resamples", bootstrap.resamples());
        var tasks = new ArrayList<Map<String, Object>>();
        for (PaperFigures figures : papers) tasks.add(values(figures));
        values.put("tasks", tasks);
        return values;
    }

    private static Map<String, Object> values(PaperFigures figures) {
        var paper = figures.paper();
        var counts = figures.counts();
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("task", paper.task());
        values.put("average", figures.macroIsOfficial() ? "macro" : "micro");
        values.put("chance", percent(paper.chance()));
        values.put("questions", counts.questions());
        values.put("unparsed", counts.unparsed());
        values.put("failed", counts.failed());
        values.put("with_dropped_examples", counts.dropped());
        values.put("calibration_error", number(figures.calibration().error()));
        values.put("letter_distance", number(figures.letters().distance()));
        var columns = new ArrayList<Map<String, @Nullable Object>>();
        for (var column : figures.columns()) {
            var of = new LinkedHashMap<String, @Nullable Object>();
            of.put("name", column.name());
            of.put("questions", column.micro().questions());
            of.put("subjects", column.subjects());
            of.put("subjects_not_asked", column.missing());
            put(of, "macro", column.macro().value(), column.macro().interval());
            put(of, "micro", column.micro().value(), column.micro().interval());
            put(of, "micro_wilson", Double.NaN, column.wilson());
            of.put("against_guessing", column.standing().name().toLowerCase(Locale.ROOT));
            columns.add(of);
        }
        values.put("columns", columns);
        var measures = new ArrayList<Map<String, @Nullable Object>>();
        for (var measure : paper.measures()) {
            var of = new LinkedHashMap<String, @Nullable Object>();
            of.put("of", measure.of());
            of.put("unit", measure.unit());
            of.put("value", number(measure.value()));
            of.put("low", number(measure.low()));
            of.put("high", number(measure.high()));
            of.put("count", measure.count());
            measures.add(of);
        }
        values.put("measures", measures);
        return new LinkedHashMap<>(values);
    }

    private static void put(
            Map<String, @Nullable Object> into, String name, double value, Interval interval) {
        if (!Double.isNaN(value)) into.put(name, percent(value));
        into.put(name + "_low", percent(interval.low()));
        into.put(name + "_high", percent(interval.high()));
    }

    static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static @Nullable Double percent(double value) {
        return Double.isFinite(value) ? 100 * value : null;
    }
}

package chuan.eval.report;

import chuan.eval.report.PaperFigures.Mean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What fewer bits cost: a row for each form of one model, in the layout of the table of the
/// announcement, whose rows stand below.
///
/// @param model its name
/// @param corpus what bits per byte and divergence were measured on
/// @param tasks names of the tasks, the last columns
public record QuantizationTable(String model, String corpus, List<String> tasks, List<Row> rows) {
    /// What the first row is called, the measure of the others.
    public static final String AS_STORED = "as stored";

    public QuantizationTable {
        tasks = List.copyOf(tasks);
        rows = List.copyOf(rows);
    }

    /// @param bytes of the weights' file
    /// @param change of the bits per byte against the first row, whose documents are drawn together
    ///   with its own; 0 for that itself
    /// @param divergence mean over tokens of the Kullback-Leibler divergence from the first row, in
    ///   nats; 0 for that itself
    /// @param agreement fraction of tokens with the same most probable next one as in the first row
    /// @param scores of the tasks, in their order
    public record Row(
            String form,
            long bytes,
            Figure bitsPerByte,
            Figure change,
            Figure divergence,
            Figure agreement,
            List<Mean> scores) {
        public Row {
            scores = List.copyOf(scores);
        }
    }

    /// As Markdown that reads well on a terminal.
    public String text() {
        var head =
                new ArrayList<>(
                        List.of(
                                model,
                                "MB",
                                "bits per byte",
                                "change",
                                "KL, nats",
                                "same first choice, %"));
        tasks.forEach(task -> head.add(task + ", %"));
        var table = new Table(head);
        for (Row row : rows) {
            boolean measure = row.form().equals(AS_STORED);
            var values =
                    new ArrayList<>(
                            List.of(
                                    row.form(),
                                    megabytes(row),
                                    bits(row.bitsPerByte().value()),
                                    measure ? "-" : signed(row.change().value()),
                                    measure ? "-" : nats(row.divergence().value()),
                                    measure ? "-" : share(row.agreement().value())));
            var intervals =
                    new ArrayList<>(
                            List.of(
                                    "  95 % interval",
                                    "",
                                    bits(row.bitsPerByte().interval()),
                                    measure ? "" : signed(row.change().interval()),
                                    measure ? "" : nats(row.divergence().interval()),
                                    measure ? "" : share(row.agreement().interval())));
            for (Mean score : row.scores()) {
                values.add(TextReport.percent(score.value()));
                intervals.add(TextReport.interval(score.interval()));
            }
            table.row(values);
            table.row(intervals);
        }
        var out = new StringBuilder(table.toString());
        out.append("bits per byte and divergence on ").append(corpus).append('\n');
        for (Published published : Published.of("quantization"))
            out.append('\n').append(of(published));
        return out.toString();
    }

    static String megabytes(Row row) {
        return String.format(Locale.ROOT, "%,.1f", row.bytes() / 1e6);
    }

    static String bits(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    static String bits(Interval interval) {
        return bits(interval.low()) + "–" + bits(interval.high());
    }

    static String signed(double value) {
        return String.format(Locale.ROOT, "%+.4f", value);
    }

    static String signed(Interval interval) {
        return signed(interval.low()) + " to " + signed(interval.high());
    }

    static String nats(double value) {
        return String.format(Locale.ROOT, "%.2g", value);
    }

    static String nats(Interval interval) {
        return nats(interval.low()) + "–" + nats(interval.high());
    }

    static String share(double value) {
        return String.format(Locale.ROOT, "%.2f", 100 * value);
    }

    static String share(Interval interval) {
        return share(interval.low()) + "–" + share(interval.high());
    }

    private static Table of(Published published) {
        var head = new ArrayList<>(List.of("published: " + published.source()));
        head.addAll(published.columns());
        var table = new Table(head);
        for (var row : published.rows().entrySet()) {
            var cells = new ArrayList<>(List.of(row.getKey()));
            for (var value : row.getValue()) cells.add(TextReport.published(value));
            table.row(cells);
        }
        return table;
    }

    /// For scripts.
    public Map<String, Object> values() {
        var list = new ArrayList<Map<String, @Nullable Object>>();
        for (Row row : rows) {
            var of = new LinkedHashMap<String, @Nullable Object>();
            of.put("form", row.form());
            of.put("bytes", row.bytes());
            put(of, "bits_per_byte", row.bitsPerByte());
            put(of, "bits_per_byte_change", row.change());
            put(of, "kl_mean", row.divergence());
            put(of, "top1_agreement", row.agreement());
            for (int i = 0; i < tasks.size(); i++) {
                Mean score = row.scores().get(i);
                of.put(tasks.get(i), Report.number(100 * score.value()));
                of.put(tasks.get(i) + "_low", Report.number(100 * score.interval().low()));
                of.put(tasks.get(i) + "_high", Report.number(100 * score.interval().high()));
            }
            list.add(of);
        }
        var values = new LinkedHashMap<String, Object>();
        values.put("model", model);
        values.put("text", corpus);
        values.put("rows", list);
        return values;
    }

    private static void put(Map<String, @Nullable Object> into, String name, Figure figure) {
        into.put(name, figure.value());
        into.put(name + "_low", figure.interval().low());
        into.put(name + "_high", figure.interval().high());
    }
}

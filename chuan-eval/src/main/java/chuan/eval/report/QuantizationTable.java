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

    public QuantizationTable {
        tasks = List.copyOf(tasks);
        rows = List.copyOf(rows);
    }

    /// @param bytes of the weights' file
    /// @param divergence mean over tokens of the Kullback-Leibler divergence from the first row, in
    ///   nats; 0 for that itself
    /// @param divergenceError its standard error
    /// @param agreement fraction of tokens with the same most probable next one as in the first row
    /// @param scores of the tasks, in their order
    public record Row(
            String form,
            long bytes,
            double bitsPerByte,
            double divergence,
            double divergenceError,
            double agreement,
            List<Mean> scores) {
        public Row {
            scores = List.copyOf(scores);
        }
    }

    /// As Markdown that reads well on a terminal.
    public String text() {
        var head =
                new ArrayList<>(
                        List.of(model, "MB", "bits per byte", "KL, nats", "same first choice"));
        head.addAll(tasks);
        var table = new Table(head);
        for (Row row : rows) {
            var cells =
                    new ArrayList<>(
                            List.of(
                                    row.form(),
                                    String.format(Locale.ROOT, "%,.1f", row.bytes() / 1e6),
                                    String.format(Locale.ROOT, "%.4f", row.bitsPerByte()),
                                    row.divergence() == 0
                                            ? "-"
                                            : String.format(
                                                    Locale.ROOT,
                                                    "%.2g ± %.1g",
                                                    row.divergence(),
                                                    row.divergenceError()),
                                    String.format(Locale.ROOT, "%.2f %%", 100 * row.agreement())));
            for (Mean score : row.scores())
                cells.add(
                        TextReport.percent(score.value())
                                + " ["
                                + TextReport.interval(score.interval())
                                + "]");
            table.row(cells);
        }
        var out = new StringBuilder(table.toString());
        out.append("bits per byte and divergence on ").append(corpus).append('\n');
        for (Published published : Published.of("quantization"))
            out.append('\n').append(of(published));
        return out.toString();
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
            of.put("bits_per_byte", row.bitsPerByte());
            of.put("kl_mean", row.divergence());
            of.put("kl_mean_error", row.divergenceError());
            of.put("top1_agreement", row.agreement());
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
}

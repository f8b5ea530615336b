package chuan.corpus;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/// What went in, what stayed, and why the rest was dropped, per source. Bytes are UTF-8 bytes of
/// text.
public final class CorpusReport {
    /// Counts of one source. `bytesTrain` is what a weight of 1 reads once.
    static final class Row {
        final Source source;
        final Map<String, Integer> dropped = new TreeMap<>();
        long documentsIn;
        long bytesIn;
        long documentsHeldOut;
        long bytesHeldOut;
        long documentsTrain;
        long bytesTrain;

        Row(Source source) {
            this.source = source;
        }

        void drop(String reason) {
            dropped.merge(reason, 1, Integer::sum);
        }
    }

    private final SequencedMap<String, Row> rows = new LinkedHashMap<>();

    Row row(Source source) {
        return rows.computeIfAbsent(source.key(), _ -> new Row(source));
    }

    List<Row> rows() {
        return List.copyOf(rows.values());
    }

    public String json() {
        ObjectNode root = JsonLines.JSON.createObjectNode();
        for (Row row : rows.values()) {
            ObjectNode node = root.putObject(row.source.key());
            node.put("licenseClass", row.source.licenseClass());
            node.put("license", row.source.license());
            node.put("weight", row.source.weight());
            node.put("documentsIn", row.documentsIn);
            node.put("bytesIn", row.bytesIn);
            node.put("documentsTrain", row.documentsTrain);
            node.put("bytesTrain", row.bytesTrain);
            node.put("documentsHeldOut", row.documentsHeldOut);
            node.put("bytesHeldOut", row.bytesHeldOut);
            ObjectNode dropped = node.putObject("dropped");
            row.dropped.forEach(dropped::put);
        }
        return root.toPrettyString() + "\n";
    }

    public String table() {
        StringBuilder out = new StringBuilder();
        String format = "%-28s %7s %8s %7s %8s %6s %7s %6s  %s%n";
        out.append(
                String.format(
                        Locale.ROOT,
                        format,
                        "source",
                        "docs in",
                        "MB in",
                        "kept",
                        "MB kept",
                        "h.out",
                        "weight",
                        "share",
                        "dropped because"));
        double weighted = rows.values().stream().mapToDouble(CorpusReport::weightedSize).sum();
        for (String lang : List.of("zh", "en")) {
            List<Row> ofLang =
                    rows.values().stream().filter(r -> r.source.lang().equals(lang)).toList();
            ofLang.forEach(row -> out.append(line(format, row, weighted)));
            if (!ofLang.isEmpty()) {
                out.append(line(format, sum(ofLang, lang), weighted));
            }
        }
        return out.toString();
    }

    /// What a source adds to the mix.
    private static double weightedSize(Row row) {
        return row.source.weight() * row.bytesTrain;
    }

    private static String line(String format, Row row, double weighted) {
        StringBuilder reasons = new StringBuilder();
        row.dropped.forEach(
                (reason, n) -> reasons.append(reason).append(' ').append(n).append(", "));
        double share =
                row.source.weight() < 0
                        ? Double.NaN
                        : 100 * weightedSize(row) / Math.max(1, weighted);
        return String.format(
                Locale.ROOT,
                format,
                row.source.key(),
                row.documentsIn,
                megabytes(row.bytesIn),
                row.documentsTrain,
                megabytes(row.bytesTrain),
                row.documentsHeldOut,
                row.source.weight() < 0 ? "" : Double.toString(row.source.weight()),
                Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%.1f%%", share),
                reasons.isEmpty() ? "" : reasons.substring(0, reasons.length() - 2));
    }

    private static Row sum(List<Row> rows, String lang) {
        Source all = new Source("(all)", lang, "", "", -1, 0, List.of(), SourceRules.PLAIN);
        Row sum = new Row(all);
        for (Row row : rows) {
            sum.documentsIn += row.documentsIn;
            sum.bytesIn += row.bytesIn;
            sum.documentsTrain += row.documentsTrain;
            sum.bytesTrain += row.bytesTrain;
            sum.documentsHeldOut += row.documentsHeldOut;
            sum.bytesHeldOut += row.bytesHeldOut;
            row.dropped.forEach((reason, n) -> sum.dropped.merge(reason, n, Integer::sum));
        }
        return sum;
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f", bytes / 1e6);
    }
}

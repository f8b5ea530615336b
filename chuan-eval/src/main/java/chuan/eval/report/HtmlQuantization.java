package chuan.eval.report;

import chuan.eval.report.QuantizationTable.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A [QuantizationTable] as one HTML file that needs nothing else.
public final class HtmlQuantization {
    private HtmlQuantization() {}

    public static String of(QuantizationTable table) {
        var body = new StringBuilder();
        body.append("<p class=\"soft\">")
                .append(Html.both("What fewer bits cost", "低比特量化的损失"))
                .append("</p>\n<h1>")
                .append(Html.escape(table.model()))
                .append("</h1>\n<p class=\"soft\">")
                .append(
                        Html.both(
                                "Bits per byte, divergence and first choices on " + table.corpus(),
                                "比特/字节、散度与首选词元的测量文本：" + table.corpus()))
                .append("</p>\n");
        measured(body, table);
        pictures(body, table);
        for (Published published : Published.of("quantization")) published(body, published);
        return Html.page(table.model() + " · chuan eval quantization", body.toString());
    }

    private static void measured(StringBuilder body, QuantizationTable table) {
        body.append("<div class=\"card\"><table>\n<caption>")
                .append(
                        Html.both(
                                "Measured here, with intervals of 95 %; change, divergence and first"
                                        + " choice against the first row",
                                "本次测量与 95 % 置信区间；变化、散度与首选词元以第一行为准"))
                .append("</caption>\n<thead><tr><th scope=\"col\">")
                .append(Html.both("form", "形式"))
                .append("</th>");
        for (String[] head :
                new String[][] {
                    {"MB", "MB"},
                    {"bits per byte", "比特/字节"},
                    {"change", "变化"},
                    {"KL, nats", "KL 散度（nat）"},
                    {"same first choice, %", "首选相同（%）"}
                })
            body.append("<th scope=\"col\">").append(Html.both(head[0], head[1])).append("</th>");
        for (String task : table.tasks())
            body.append("<th scope=\"col\">").append(Html.escape(task)).append(", %</th>");
        body.append("</tr></thead>\n<tbody class=\"measured\">\n");
        for (Row row : table.rows()) row(body, row, row.form().equals(QuantizationTable.AS_STORED));
        body.append("</tbody></table></div>\n");
    }

    /// @param measure whether it is what the others are compared with
    private static void row(StringBuilder body, Row row, boolean measure) {
        body.append("<tr><th scope=\"row\">")
                .append(measure ? Html.both(row.form(), "原样") : Html.escape(row.form()))
                .append("</th><td>")
                .append(QuantizationTable.megabytes(row))
                .append("</td>");
        cell(
                body,
                QuantizationTable.bits(row.bitsPerByte().value()),
                QuantizationTable.bits(row.bitsPerByte().interval()));
        if (measure) {
            body.append("<td>–</td><td>–</td><td>–</td>");
        } else {
            cell(
                    body,
                    QuantizationTable.signed(row.change().value()),
                    QuantizationTable.signed(row.change().interval()));
            cell(
                    body,
                    QuantizationTable.nats(row.divergence().value()),
                    QuantizationTable.nats(row.divergence().interval()));
            cell(
                    body,
                    QuantizationTable.share(row.agreement().value()),
                    QuantizationTable.share(row.agreement().interval()));
        }
        for (var score : row.scores())
            cell(body, TextReport.percent(score.value()), TextReport.interval(score.interval()));
        body.append("</tr>\n");
    }

    private static void cell(StringBuilder body, String value, String interval) {
        body.append("<td>")
                .append(value)
                .append("<span class=\"interval\">")
                .append(interval)
                .append("</span></td>");
    }

    private static void pictures(StringBuilder body, QuantizationTable table) {
        var forms = table.rows().subList(1, table.rows().size());
        if (!forms.isEmpty()) {
            picture(body, forms, Row::change, "change of bits per byte", "比特/字节的变化");
            picture(body, forms, Row::divergence, "KL, nats", "KL 散度（nat）");
        }
        for (int i = 0; i < table.tasks().size(); i++) {
            int at = i;
            String name = table.tasks().get(i) + ", %";
            picture(
                    body,
                    table.rows(),
                    row -> {
                        var score = row.scores().get(at);
                        return new Figure(
                                100 * score.value(),
                                new Interval(
                                        100 * score.interval().low(),
                                        100 * score.interval().high()));
                    },
                    name,
                    name);
        }
    }

    private static void picture(
            StringBuilder body,
            List<Row> rows,
            Function<Row, Figure> figure,
            String unit,
            String chinese) {
        var dots = new ArrayList<DotChart.Row>();
        for (Row row : rows)
            dots.add(
                    new DotChart.Row(
                            row.form(),
                            row.form().equals(QuantizationTable.AS_STORED) ? "原样" : row.form(),
                            figure.apply(row)));
        body.append("<div class=\"card\">")
                .append(DotChart.of(dots, unit, chinese))
                .append("</div>\n");
    }

    private static void published(StringBuilder body, Published published) {
        body.append("<div class=\"card\"><table>\n<thead><tr><th scope=\"col\"></th>");
        for (String column : published.columns())
            body.append("<th scope=\"col\">").append(Html.escape(column)).append("</th>");
        body.append(
                        "</tr></thead>\n<tbody class=\"published\">\n<tr class=\"source\"><th colspan=\"")
                .append(published.columns().size() + 1)
                .append("\" scope=\"rowgroup\">")
                .append(
                        Html.both(
                                "published elsewhere: " + published.source(),
                                "他处公布：" + published.source()))
                .append(" · ")
                .append(Html.escape(published.url()))
                .append("</th></tr>\n");
        published
                .rows()
                .forEach((model, values) -> {
                    body.append("<tr><th scope=\"row\">")
                            .append(Html.escape(model))
                            .append("</th>");
                    for (var value : values)
                        body.append("<td>").append(TextReport.published(value)).append("</td>");
                    body.append("</tr>\n");
                });
        body.append("</tbody></table></div>\n");
    }
}

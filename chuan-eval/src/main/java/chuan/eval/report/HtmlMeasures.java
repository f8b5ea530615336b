package chuan.eval.report;

import chuan.eval.Examination.Measure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Figures that are no average of credits: a table, and for each unit a picture.
final class HtmlMeasures {
    private static final Map<String, String> CHINESE =
            Map.of(
                    "all", "全部",
                    "bits per byte", "比特/字节",
                    "rate of points, %", "得分率（%）",
                    "bits per byte, difference", "比特/字节之差");

    private static final Pattern TOKENS = Pattern.compile("tokens ([0-9]+) to ([0-9]+)");

    private HtmlMeasures() {}

    static void write(StringBuilder body, List<Measure> measures) {
        byUnit(measures)
                .forEach((unit, of) -> {
                    if (of.size() > 1) picture(body, unit, of);
                });
        table(body, measures);
    }

    /// Those that have an interval, as files of earlier versions may not.
    private static Map<String, List<Measure>> byUnit(List<Measure> measures) {
        var units = new LinkedHashMap<String, List<Measure>>();
        for (Measure m : measures)
            if (m.low() <= m.high()) units.computeIfAbsent(m.unit(), _ -> new ArrayList<>()).add(m);
        return units;
    }

    private static void picture(StringBuilder body, String unit, List<Measure> measures) {
        var rows = new ArrayList<DotChart.Row>();
        for (Measure m : measures)
            rows.add(
                    new DotChart.Row(
                            m.of(),
                            chinese(m.of()),
                            new Figure(m.value(), new Interval(m.low(), m.high()))));
        body.append("<div class=\"card\">")
                .append(DotChart.of(rows, unit, chinese(unit)))
                .append("</div>\n");
    }

    private static void table(StringBuilder body, List<Measure> measures) {
        body.append("<div class=\"card\"><table><thead><tr>");
        for (String[] head :
                new String[][] {
                    {"measured", "测量"},
                    {"value", "数值"},
                    {"95 %", "95 %"},
                    {"unit", "单位"},
                    {"of", "数量"}
                })
            body.append("<th scope=\"col\">").append(Html.both(head[0], head[1])).append("</th>");
        body.append("</tr></thead><tbody>\n");
        for (Measure m : measures)
            body.append("<tr><th scope=\"row\">")
                    .append(Html.both(m.of(), chinese(m.of())))
                    .append("</th><td>")
                    .append(TextReport.number(m.value()))
                    .append("</td><td>")
                    .append(TextReport.interval(m))
                    .append("</td><td>")
                    .append(Html.both(m.unit(), chinese(m.unit())))
                    .append("</td><td>")
                    .append(String.format(Locale.ROOT, "%,d", m.count()))
                    .append("</td></tr>\n");
        body.append("</tbody></table></div>\n");
    }

    /// Of what the gauges call their parts and units; all else stays as it is.
    private static String chinese(String name) {
        String known = CHINESE.get(name);
        if (known != null) return known;
        return TOKENS.matcher(name).replaceAll("第 $1–$2 词元").replace(" less ", " 减 ");
    }
}

package chuan.eval.report;

import chuan.eval.report.PaperFigures.Subject;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where in a long text a model finds what it was told: lengths from left to right, depths from top
/// to bottom, the beginning of the text on top.
final class HtmlGrid {
    private static final Pattern CELL = Pattern.compile("([0-9]{1,9})-([0-9]{1,3})");

    private HtmlGrid() {}

    /// Whether the subjects are a length and a depth each, as those of the pass keys are.
    static boolean fits(List<Subject> subjects) {
        return subjects.size() > 1
                && subjects.stream().allMatch(s -> CELL.matcher(s.name()).matches());
    }

    static String of(List<Subject> subjects) {
        var lengths = new TreeSet<Integer>();
        var depths = new TreeSet<Integer>();
        Map<String, Subject> cells = new HashMap<>();
        for (Subject subject : subjects) {
            Matcher cell = CELL.matcher(subject.name());
            if (!cell.matches()) throw new IllegalArgumentException(subject.name());
            int length = Integer.parseInt(cell.group(1));
            int depth = Integer.parseInt(cell.group(2));
            lengths.add(length);
            depths.add(depth);
            cells.put(length + "-" + depth, subject);
        }
        var out = new StringBuilder();
        out.append("<table class=\"grid\"><caption>")
                .append(
                        Html.both(
                                "Percent found, with intervals of 95 % (Wilson); depth 0 % is the"
                                        + " beginning of the text",
                                "找到的百分比与 95 % 置信区间（Wilson）；深度 0 % 为文本开头"))
                .append("</caption>\n<thead><tr><th scope=\"col\">")
                .append(Html.both("depth \\ tokens", "深度 \\ 词元"))
                .append("</th>");
        for (int length : lengths)
            out.append("<th scope=\"col\">")
                    .append(String.format(Locale.ROOT, "%,d", length))
                    .append("</th>");
        out.append("</tr></thead>\n<tbody>\n");
        for (int depth : depths) {
            out.append("<tr><th scope=\"row\">").append(depth).append(" %</th>");
            for (int length : lengths) cell(out, cells.get(length + "-" + depth));
            out.append("</tr>\n");
        }
        return out.append("</tbody></table>\n").toString();
    }

    private static void cell(StringBuilder out, @Nullable Subject subject) {
        if (subject == null) {
            out.append("<td></td>");
            return;
        }
        var mean = subject.mean();
        out.append(
                String.format(
                        Locale.ROOT,
                        "<td style=\"--share:%.3f\" title=\"%,d\">%s<span class=\"interval\">%s</span></td>",
                        mean.value(),
                        mean.questions(),
                        TextReport.percent(mean.value()),
                        TextReport.interval(mean.interval())));
    }
}

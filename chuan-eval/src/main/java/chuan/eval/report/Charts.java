package chuan.eval.report;

import chuan.eval.report.PaperFigures.Standing;
import chuan.eval.report.PaperFigures.Subject;
import java.util.List;
import java.util.Locale;

/// The pictures of a page, as SVG within it: their colours are the page's, their numbers stand in
/// tables beside them.
final class Charts {
    /// Columns of a title that fit beside a bar, a Chinese character taking two.
    private static final int WIDEST_TITLE = 36;

    private static final int COLUMN = 7;
    private static final int ROW = 20;
    private static final int BARS = 560;

    private Charts() {}

    /// A bar per subject with its interval, and a line where guessing is.
    ///
    /// @param chance NaN for no line
    static String subjects(List<Subject> subjects, double chance) {
        int label =
                16 + COLUMN * subjects.stream().mapToInt(s -> columns(s.title())).max().orElse(0);
        double highest =
                subjects.stream().mapToDouble(s -> s.mean().interval().high()).max().orElse(1);
        double full = Math.min(1, Math.ceil(4 * Math.max(highest, 0.25)) / 4);
        int height = subjects.size() * ROW + 30;
        var svg = new StringBuilder();
        open(svg, label + BARS + 60, height, "Score of each subject", "各科目得分");
        int steps = (int) Math.round(full * 4);
        for (int i = 0; i <= steps; i++) {
            double x = label + BARS * i / (double) steps;
            line(svg, "grid", x, 0, x, height - 24.0);
            text(svg, "axis", x, height - 8.0, "middle", 25 * i + " %");
        }
        for (int i = 0; i < subjects.size(); i++)
            bar(svg, subjects.get(i), i * ROW, label, BARS / full);
        if (!Double.isNaN(chance)) {
            double x = label + BARS / full * chance;
            line(svg, "chance", x, 0, x, height - 24.0);
        }
        return svg.append("</svg>\n").toString();
    }

    /// @param whole width of a score of 1
    private static void bar(StringBuilder svg, Subject subject, int top, int left, double whole) {
        double value = subject.mean().value();
        Interval interval = subject.mean().interval();
        double middle = top + ROW / 2.0;
        String kind = subject.standing() == Standing.LIKE_GUESSING ? "bar guess" : "bar";
        svg.append("<g><title>")
                .append(
                        Html.escape(
                                String.format(
                                        Locale.ROOT,
                                        "%s (%s): %s %% [%s], %,d",
                                        subject.title(),
                                        subject.name(),
                                        TextReport.percent(value),
                                        TextReport.interval(interval),
                                        subject.mean().questions())))
                .append("</title>");
        text(svg, "label", left - 8.0, middle + 4, "end", shortened(subject.title()));
        rect(svg, kind, left, top + 4.0, whole * value, ROW - 8.0);
        line(
                svg,
                "whisker",
                left + whole * interval.low(),
                middle,
                left + whole * interval.high(),
                middle);
        text(
                svg,
                "value",
                left + whole * interval.high() + 6,
                middle + 4,
                "start",
                TextReport.percent(value));
        svg.append("</g>\n");
    }

    private static int columns(String title) {
        return Math.min(WIDEST_TITLE + 1, title.chars().map(c -> c > 0x2e80 ? 2 : 1).sum());
    }

    private static String shortened(String title) {
        int wide = 0;
        for (int i = 0; i < title.length(); i++) {
            wide += title.charAt(i) > 0x2e80 ? 2 : 1;
            if (wide > WIDEST_TITLE) return title.substring(0, i) + "…";
        }
        return title;
    }

    /// Accuracy over confidence, and how many questions each bin holds.
    static String calibration(Calibration calibration) {
        double left = 46;
        double size = 280;
        var svg = new StringBuilder();
        open(svg, 350, 340, "Accuracy by confidence", "置信度与正确率");
        for (int percent = 0; percent <= 100; percent += 25) {
            double x = left + size * percent / 100;
            double y = 10 + size - size * percent / 100;
            line(svg, "grid", x, 10, x, 10 + size);
            line(svg, "grid", left, y, left + size, y);
            text(svg, "axis", x, size + 26, "middle", percent + "");
            text(svg, "axis", left - 6, y + 4, "end", percent + "");
        }
        line(svg, "ideal", left, 10 + size, left + size, 10);
        long most =
                calibration.bins().stream().mapToLong(Calibration.Bin::questions).max().orElse(1);
        var path = new StringBuilder();
        for (var bin : calibration.bins()) {
            if (bin.questions() == 0) continue;
            double x = left + size * bin.confidence();
            double y = 10 + size - size * bin.accuracy();
            double share = (double) bin.questions() / most;
            rect(
                    svg,
                    "count",
                    left + size * bin.low() + 2,
                    10 + size - 60 * share,
                    size * (bin.high() - bin.low()) - 4,
                    60 * share);
            path.append(path.isEmpty() ? 'M' : 'L').append(number(x)).append(' ').append(number(y));
        }
        svg.append("<path class=\"curve\" d=\"").append(path).append("\"/>\n");
        for (var bin : calibration.bins()) {
            if (bin.questions() == 0) continue;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%.1f %% →"
                                    + " %.1f %% (%,d)</title></circle>%n",
                            left + size * bin.confidence(),
                            10 + size - size * bin.accuracy(),
                            100 * bin.confidence(),
                            100 * bin.accuracy(),
                            bin.questions()));
        }
        both(svg, left + size / 2, size + 48, "confidence, %", "置信度（%）");
        svg.append("<g transform=\"translate(12 ")
                .append(number(10 + size / 2))
                .append(") rotate(-90)\">");
        both(svg, 0, 0, "right, %", "正确率（%）");
        return svg.append("</g></svg>\n").toString();
    }

    /// For each letter how often it is chosen beside how often it is right.
    static String letters(LetterBias bias) {
        double left = 46;
        double height = 280;
        double step = 280.0 / bias.letters().size();
        long all = bias.letters().stream().mapToLong(LetterBias.Letter::chosen).sum();
        double most = 0;
        for (var letter : bias.letters())
            most = Math.max(most, Math.max(letter.chosen(), letter.right()) / (double) all);
        double top = Math.max(0.25, Math.ceil(most * 4) / 4);
        var svg = new StringBuilder();
        open(svg, 350, 340, "Letters chosen and letters right", "所选字母与正确字母");
        for (int i = 0; i <= 4; i++) {
            double y = 10 + height - height * i / 4;
            line(svg, "grid", left, y, left + 280, y);
            text(svg, "axis", left - 6, y + 4, "end", number(100 * top * i / 4));
        }
        double x = left;
        double wide = Math.min(34, step * 0.36);
        for (var letter : bias.letters()) {
            double chosen = height * letter.chosen() / all / top;
            double right = height * letter.right() / all / top;
            svg.append("<g><title>")
                    .append(
                            String.format(
                                    Locale.ROOT,
                                    "%s: %,d / %,d (%,d)",
                                    letter.letter(),
                                    letter.chosen(),
                                    letter.right(),
                                    letter.found()))
                    .append("</title>");
            double middle = x + step / 2;
            rect(svg, "bar", middle - wide - 1, 10 + height - chosen, wide, chosen);
            rect(svg, "key", middle + 1, 10 + height - right, wide, right);
            text(svg, "letter", middle, height + 28, "middle", letter.letter());
            svg.append("</g>\n");
            x += step;
        }
        svg.append("<rect class=\"bar\" x=\"70\" y=\"320\" width=\"11\" height=\"11\"/>");
        svg.append("<rect class=\"key\" x=\"200\" y=\"320\" width=\"11\" height=\"11\"/>");
        start(svg, 86, 330, "chosen, %", "所选（%）");
        start(svg, 216, 330, "right, %", "正确（%）");
        return svg.append("</svg>\n").toString();
    }

    private static void open(
            StringBuilder svg, int width, int height, String english, String chinese) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s · %s\">%n",
                        width,
                        height,
                        width,
                        english,
                        chinese));
    }

    private static void line(
            StringBuilder svg, String kind, double x1, double y1, double x2, double y2) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                        kind,
                        x1,
                        y1,
                        x2,
                        y2));
    }

    private static void rect(
            StringBuilder svg, String kind, double x, double y, double width, double height) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n",
                        kind,
                        x,
                        y,
                        width,
                        height));
    }

    private static void text(
            StringBuilder svg, String kind, double x, double y, String anchor, String text) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                        kind,
                        x,
                        y,
                        anchor,
                        Html.escape(text)));
    }

    private static void both(
            StringBuilder svg, double x, double y, String english, String chinese) {
        both(svg, x, y, "middle", english, chinese);
    }

    private static void start(
            StringBuilder svg, double x, double y, String english, String chinese) {
        both(svg, x, y, "start", english, chinese);
    }

    private static void both(
            StringBuilder svg, double x, double y, String anchor, String english, String chinese) {
        for (boolean first : new boolean[] {true, false})
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text class=\"axis\" lang=\"%s\" x=\"%.1f\" y=\"%.1f\""
                                    + " text-anchor=\"%s\">%s</text>%n",
                            first ? "en" : "zh",
                            x,
                            y,
                            anchor,
                            first ? english : chinese));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}

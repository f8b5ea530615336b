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
        var svg = new Svg(label + BARS + 60, height, "Score of each subject", "各科目得分");
        int steps = (int) Math.round(full * 4);
        for (int i = 0; i <= steps; i++) {
            double x = label + BARS * i / (double) steps;
            svg.line("grid", x, 0, x, height - 24.0);
            svg.text("axis", x, height - 8.0, "middle", 25 * i + " %");
        }
        for (int i = 0; i < subjects.size(); i++)
            bar(svg, subjects.get(i), i * ROW, label, BARS / full);
        if (!Double.isNaN(chance)) {
            double x = label + BARS / full * chance;
            svg.line("chance", x, 0, x, height - 24.0);
        }
        return svg.toString();
    }

    /// @param whole width of a score of 1
    private static void bar(Svg svg, Subject subject, int top, int left, double whole) {
        double value = subject.mean().value();
        Interval interval = subject.mean().interval();
        double middle = top + ROW / 2.0;
        String kind = subject.standing() == Standing.LIKE_GUESSING ? "bar guess" : "bar";
        svg.beginGroup(
                String.format(
                        Locale.ROOT,
                        "%s (%s): %s %% [%s], %,d",
                        subject.title(),
                        subject.name(),
                        TextReport.percent(value),
                        TextReport.interval(interval),
                        subject.mean().questions()));
        svg.text("label", left - 8.0, middle + 4, "end", shortened(subject.title()));
        svg.rect(kind, left, top + 4.0, whole * value, ROW - 8.0);
        svg.line(
                "whisker",
                left + whole * interval.low(),
                middle,
                left + whole * interval.high(),
                middle);
        svg.text(
                "value",
                left + whole * interval.high() + 6,
                middle + 4,
                "start",
                TextReport.percent(value));
        svg.endGroup();
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
        var svg = new Svg(350, 340, "Accuracy by confidence", "置信度与正确率");
        for (int percent = 0; percent <= 100; percent += 25) {
            double x = left + size * percent / 100;
            double y = 10 + size - size * percent / 100;
            svg.line("grid", x, 10, x, 10 + size);
            svg.line("grid", left, y, left + size, y);
            svg.text("axis", x, size + 26, "middle", percent + "");
            svg.text("axis", left - 6, y + 4, "end", percent + "");
        }
        svg.line("ideal", left, 10 + size, left + size, 10);
        long most =
                calibration.bins().stream().mapToLong(Calibration.Bin::questions).max().orElse(1);
        var path = new StringBuilder();
        for (var bin : calibration.bins()) {
            if (bin.questions() == 0) continue;
            double x = left + size * bin.confidence();
            double y = 10 + size - size * bin.accuracy();
            double share = (double) bin.questions() / most;
            svg.rect(
                    "count",
                    left + size * bin.low() + 2,
                    10 + size - 60 * share,
                    size * (bin.high() - bin.low()) - 4,
                    60 * share);
            path.append(path.isEmpty() ? 'M' : 'L').append(number(x)).append(' ').append(number(y));
        }
        svg.path("curve", path.toString());
        for (var bin : calibration.bins()) {
            if (bin.questions() == 0) continue;
            svg.point(
                    left + size * bin.confidence(),
                    10 + size - size * bin.accuracy(),
                    String.format(
                            Locale.ROOT,
                            "%.1f %% → %.1f %% (%,d)",
                            100 * bin.confidence(),
                            100 * bin.accuracy(),
                            bin.questions()));
        }
        svg.both("axis", left + size / 2, size + 48, "middle", "confidence, %", "置信度（%）");
        svg.beginSideways(12, 10 + size / 2);
        svg.both("axis", 0, 0, "middle", "right, %", "正确率（%）");
        svg.endGroup();
        return svg.toString();
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
        var svg = new Svg(350, 340, "Letters chosen and letters right", "所选字母与正确字母");
        for (int i = 0; i <= 4; i++) {
            double y = 10 + height - height * i / 4;
            svg.line("grid", left, y, left + 280, y);
            svg.text("axis", left - 6, y + 4, "end", number(100 * top * i / 4));
        }
        double x = left;
        double wide = Math.min(34, step * 0.36);
        for (var letter : bias.letters()) {
            double chosen = height * letter.chosen() / all / top;
            double right = height * letter.right() / all / top;
            svg.beginGroup(
                    String.format(
                            Locale.ROOT,
                            "%s: %,d / %,d (%,d)",
                            letter.letter(),
                            letter.chosen(),
                            letter.right(),
                            letter.found()));
            double middle = x + step / 2;
            svg.rect("bar", middle - wide - 1, 10 + height - chosen, wide, chosen);
            svg.rect("key", middle + 1, 10 + height - right, wide, right);
            svg.text("letter", middle, height + 28, "middle", letter.letter());
            svg.endGroup();
            x += step;
        }
        svg.rect("bar", 70, 320, 11, 11);
        svg.rect("key", 200, 320, 11, 11);
        svg.both("axis", 86, 330, "start", "chosen, %", "所选（%）");
        svg.both("axis", 216, 330, "start", "right, %", "正确（%）");
        return svg.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}

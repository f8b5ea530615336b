package chuan.eval.report;

import java.util.List;
import java.util.Locale;

/// Figures of one kind below each other, each a dot with its interval. The axis need not begin at
/// nought: what is compared are places, not lengths.
final class DotChart {
    private static final int ROW = 24;
    private static final int COLUMN = 7;
    private static final int WIDTH = 480;

    /// Room for a value behind the end of its interval.
    private static final int VALUE = 80;

    private static final int TICKS = 5;

    private DotChart() {}

    record Row(String english, String chinese, Figure figure) {}

    /// @param rows at least one
    /// @param unit what the axis counts
    static String of(List<Row> rows, String unit, String unitChinese) {
        double low = rows.stream().mapToDouble(r -> r.figure().interval().low()).min().orElse(0);
        double high = rows.stream().mapToDouble(r -> r.figure().interval().high()).max().orElse(1);
        double step = step(high - low > 0 ? high - low : Math.max(Math.abs(high), 1));
        double from = step * Math.floor(low / step);
        double to = Math.max(step * Math.ceil(high / step), from + step);
        int label = 20 + COLUMN * rows.stream().mapToInt(DotChart::columns).max().orElse(0);
        int bottom = rows.size() * ROW;
        var svg = new Svg(label + WIDTH + VALUE, bottom + 44, unit, unitChinese);
        var scale = new Scale(label, from, WIDTH / (to - from));
        long ticks = Math.round((to - from) / step);
        for (long i = 0; i <= ticks; i++) {
            double value = from + i * step;
            double x = scale.x(value);
            svg.line("grid", x, 0, x, bottom + 4.0);
            svg.text("axis", x, bottom + 18.0, "middle", tick(value, step));
        }
        if (from < 0 && to > 0) svg.line("chance", scale.x(0), 0, scale.x(0), bottom + 4.0);
        for (int i = 0; i < rows.size(); i++)
            draw(svg, rows.get(i), label, i * ROW + ROW / 2.0, scale);
        svg.both("axis", label + WIDTH / 2.0, bottom + 36.0, "middle", unit, unitChinese);
        return svg.toString();
    }

    private record Scale(double left, double from, double perUnit) {
        double x(double value) {
            return left + (value - from) * perUnit;
        }
    }

    private static void draw(Svg svg, Row row, int label, double y, Scale scale) {
        var figure = row.figure();
        double high = scale.x(figure.interval().high());
        svg.both("label", label - 10.0, y + 4, "end", row.english(), row.chinese());
        svg.line("whisker", scale.x(figure.interval().low()), y, high, y);
        svg.point(
                scale.x(figure.value()),
                y,
                "%s: %s [%s – %s]"
                        .formatted(
                                row.english(),
                                TextReport.number(figure.value()),
                                TextReport.number(figure.interval().low()),
                                TextReport.number(figure.interval().high())));
        double beside = Math.max(high, scale.x(figure.value()) + 4) + 6;
        svg.text("value", beside, y + 4, "start", TextReport.number(figure.value()));
    }

    /// 1, 2 or 5 times a power of ten.
    private static double step(double range) {
        double rough = range / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double times = rough / power;
        return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
    }

    private static String tick(double value, double step) {
        int digits = Math.clamp((long) -Math.floor(Math.log10(step)), 0, 9);
        String text = String.format(Locale.ROOT, "%." + digits + "f", value);
        return text.matches("-0(\\.0*)?") ? text.substring(1) : text;
    }

    private static int columns(Row row) {
        return Math.max(columns(row.english()), columns(row.chinese()));
    }

    /// A Chinese character takes two.
    private static int columns(String text) {
        return text.chars().map(c -> c > 0x2e80 ? 2 : 1).sum();
    }
}

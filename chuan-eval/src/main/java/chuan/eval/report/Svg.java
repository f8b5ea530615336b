package chuan.eval.report;

import java.util.Locale;

/// A picture within a page, written piece by piece: its colours are the page's, by class.
final class Svg {
    private final StringBuilder svg = new StringBuilder();

    /// @param english what it shows, for those who cannot see it
    Svg(int width, int height, String english, String chinese) {
        add(
                "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"%s · %s\">%n",
                width, height, width, english, chinese);
    }

    void line(String kind, double x1, double y1, double x2, double y2) {
        add(
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                kind, x1, y1, x2, y2);
    }

    void rect(String kind, double x, double y, double width, double height) {
        add(
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>%n",
                kind, x, y, width, height);
    }

    /// @param title what is shown where somebody points at it
    void point(double x, double y, String title) {
        add(
                "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s</title></circle>%n",
                x, y, Html.escape(title));
    }

    void path(String kind, String steps) {
        add("<path class=\"%s\" d=\"%s\"/>%n", kind, steps);
    }

    /// @param anchor `start`, `middle` or `end`
    void text(String kind, double x, double y, String anchor, String text) {
        add(
                "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                kind, x, y, anchor, Html.escape(text));
    }

    /// In both languages; the page shows one.
    void both(String kind, double x, double y, String anchor, String english, String chinese) {
        for (boolean first : new boolean[] {true, false})
            add(
                    "<text class=\"%s\" lang=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                    kind,
                    first ? "en" : "zh",
                    x,
                    y,
                    anchor,
                    Html.escape(first ? english : chinese));
    }

    /// @param title of all that follows until [#endGroup]
    void beginGroup(String title) {
        add("<g><title>%s</title>", Html.escape(title));
    }

    /// Text along the left side, from below.
    void beginSideways(double x, double y) {
        add("<g transform=\"translate(%.1f %.1f) rotate(-90)\">", x, y);
    }

    void endGroup() {
        add("</g>%n");
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values));
    }

    @Override
    public String toString() {
        return svg + "</svg>\n";
    }
}

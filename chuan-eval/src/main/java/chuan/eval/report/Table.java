package chuan.eval.report;

import java.util.ArrayList;
import java.util.List;

/// A table in Markdown, its columns aligned so that a terminal shows it as well.
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(List<String> head) {
        rows.add(head);
    }

    void row(List<String> cells) {
        if (cells.size() != rows.getFirst().size())
            throw new IllegalArgumentException(cells.toString());
        rows.add(cells);
    }

    /// The first column to the left, all others to the right.
    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        var widths = new int[columns];
        for (var row : rows)
            for (int i = 0; i < columns; i++) widths[i] = Math.max(widths[i], width(row.get(i)));
        var text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int i = 0; i < columns; i++) {
                String cell = rows.get(r).get(i);
                String gap = " ".repeat(widths[i] - width(cell));
                text.append("| ").append(i == 0 ? cell + gap : gap + cell).append(' ');
            }
            text.append("|\n");
            if (r == 0) text.append(rule(widths));
        }
        return text.toString();
    }

    private static String rule(int[] widths) {
        var rule = new StringBuilder();
        for (int i = 0; i < widths.length; i++)
            rule.append('|').append("-".repeat(widths[i] + 1)).append(i == 0 ? '-' : ':');
        return rule.append("|\n").toString();
    }

    /// Cells of a terminal: Chinese characters and full-width forms take two.
    private static int width(String text) {
        return text.codePoints().map(c -> wide(c) ? 2 : 1).sum();
    }

    private static boolean wide(int c) {
        return c >= 0x1100
                && (c <= 0x115f
                        || (c >= 0x2e80 && c <= 0xa4cf)
                        || (c >= 0xac00 && c <= 0xd7a3)
                        || (c >= 0xf900 && c <= 0xfaff)
                        || (c >= 0xfe30 && c <= 0xfe6f)
                        || (c >= 0xff00 && c <= 0xff60)
                        || (c >= 0xffe0 && c <= 0xffe6)
                        || (c >= 0x20000 && c <= 0x3fffd));
    }
}

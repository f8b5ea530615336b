package chuan.cli;

import java.util.function.IntSupplier;
import org.jline.utils.WCWidth;

/// Breaks lines for a terminal while text arrives: at blanks, and between characters of Chinese,
/// where neither a closing mark would begin a line nor an opening one end it. Counts columns, not
/// characters; what belongs to one sign (accents, joined emoji) stays together. Nothing that was
/// shown changes: what could still move to the next line is held back, usually a word or a
/// character.
final class LineWrapper {
    private static final String NO_START = "，。、；：！？）》」』】〕〉｝］”’…—～·％,.;:!?)]}%»›";
    private static final String NO_END = "（《「『【〔〈｛［“‘([{«‹";
    private static final int JOINER = 0x200D;
    private static final int TAB_STOP = 8;

    private final IntSupplier columns;
    private final StringBuilder out;

    /// Since the last place where the line may be broken.
    private final StringBuilder held = new StringBuilder();

    private int heldWidth;

    /// Blanks at its end, which may hang over the edge.
    private int blanks;

    private int column;
    private int previous;

    /// @param columns of the terminal now
    /// @param out where what is certain goes
    LineWrapper(IntSupplier columns, StringBuilder out) {
        this.columns = columns;
        this.out = out;
    }

    /// Not a line feed.
    void accept(int c) {
        if (joins(c)) {
            held.appendCodePoint(c);
        } else {
            if (mayBreak(previous, c)) release();
            int width = c == '\t' ? TAB_STOP - (column + heldWidth) % TAB_STOP : width(c);
            if (heldWidth + width > room()) release(); // longer than a line: anywhere
            held.appendCodePoint(c);
            heldWidth += width;
            blanks = isBlank(c) ? blanks + width : 0;
        }
        previous = c;
    }

    /// What is held back, too.
    void flush() {
        release();
    }

    /// A line feed was written.
    void newLine() {
        release();
        column = 0;
        previous = 0;
    }

    /// The last column stays free: some terminals go to the next line when it is written to.
    private int room() {
        return Math.max(2, columns.getAsInt() - 1);
    }

    private void release() {
        if (held.isEmpty()) return;
        boolean fits = column + heldWidth - blanks <= room();
        if (!fits && column > 0) {
            out.append('\n');
            column = 0;
        }
        dropBlanksOverTheEdge();
        out.append(held);
        column += heldWidth;
        held.setLength(0);
        heldWidth = 0;
        blanks = 0;
    }

    private void dropBlanksOverTheEdge() {
        while (column + heldWidth > room()
                && !held.isEmpty()
                && isBlank(held.codePointBefore(held.length()))) {
            heldWidth -= Math.max(1, width(held.charAt(held.length() - 1)));
            held.setLength(held.length() - 1);
        }
    }

    private boolean joins(int c) {
        boolean modifier = c >= 0x1F3FB && c <= 0x1F3FF;
        boolean mark = WCWidth.wcwidth(c) == 0 && c != '\t';
        return previous != 0 && (mark || modifier || previous == JOINER);
    }

    private static boolean mayBreak(int before, int after) {
        if (before == 0 || isBlank(after)) return false;
        if (NO_START.indexOf(after) >= 0 && after > 0x7F) return false;
        if (isBlank(before)) return true;
        if (NO_END.indexOf(before) >= 0 || NO_START.indexOf(after) >= 0) return false;
        boolean mark = NO_START.indexOf(before) >= 0 && before > 0x7F; // may have one column
        return mark || width(before) == 2 || width(after) == 2;
    }

    private static boolean isBlank(int c) {
        return c == ' ' || c == '\t' || c == 0x3000;
    }

    private static int width(int c) {
        return Math.max(0, WCWidth.wcwidth(c));
    }
}

package chuan.cli;

import java.io.PrintWriter;
import java.util.function.Consumer;

/// Shows an answer on a terminal as it comes: without control characters, broken at the edge,
/// headings bold and code in a colour. Only ever adds to what is there. Code keeps its lines, so
/// that it can be copied.
final class AnswerPrinter implements Consumer<String> {
    private static final String BOLD = "\u001b[1m";
    private static final String CODE = "\u001b[36m";
    private static final String PLAIN = "\u001b[0m";
    private static final String FENCE = "```";

    private final PrintWriter out;
    private final boolean colour;
    private final ControlFilter filter = new ControlFilter();
    private final StringBuilder ready = new StringBuilder();
    private final LineWrapper wrapper;

    /// Of a line whose kind is not clear yet.
    private final StringBuilder beginning = new StringBuilder();

    private boolean atBeginning = true;
    private boolean inCode;
    private String style = "";

    AnswerPrinter(PrintWriter out, Look look) {
        this.out = out;
        this.colour = look.colour();
        wrapper = new LineWrapper(look.columns(), ready);
    }

    @Override
    public void accept(String piece) {
        filter.accept(piece).codePoints().forEach(this::accept);
        show();
    }

    /// Shows what was held back.
    void finish() {
        if (atBeginning) begin();
        wrapper.flush();
        endStyle();
        show();
    }

    private void show() {
        out.append(ready);
        ready.setLength(0);
        out.flush();
    }

    private void accept(int c) {
        if (c == '\n') {
            endLine();
        } else if (atBeginning) {
            beginning.appendCodePoint(c);
            if (isClear()) begin();
        } else {
            write(c);
        }
    }

    private void endLine() {
        if (atBeginning) begin();
        wrapper.newLine();
        endStyle();
        ready.append('\n');
        atBeginning = true;
    }

    /// Whether what there is of a line tells its kind.
    private boolean isClear() {
        String text = beginning.toString();
        boolean fence = FENCE.startsWith(text);
        boolean heading = !inCode && text.chars().allMatch(c -> c == '#') && text.length() <= 6;
        return (!fence || text.length() == FENCE.length()) && !heading;
    }

    private void begin() {
        String text = beginning.toString();
        beginning.setLength(0);
        atBeginning = false;
        boolean fence = text.startsWith(FENCE);
        if (inCode || fence) startStyle(CODE);
        else if (text.startsWith("#") && text.endsWith(" ")) startStyle(BOLD);
        boolean asIs = inCode || fence;
        if (fence) inCode = !inCode;
        text.codePoints().forEach(asIs ? ready::appendCodePoint : wrapper::accept);
    }

    private void write(int c) {
        if (style.equals(CODE) || inCode) ready.appendCodePoint(c);
        else wrapper.accept(c);
    }

    private void startStyle(String kind) {
        style = kind;
        if (colour) ready.append(kind);
    }

    private void endStyle() {
        if (!style.isEmpty() && colour) ready.append(PLAIN);
        style = "";
    }
}

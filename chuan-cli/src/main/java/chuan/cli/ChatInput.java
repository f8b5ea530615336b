package chuan.cli;

/// What a user typed, as a message of possibly several lines. A line that ends with `\` goes on in
/// the next; so does everything between `"""` and `"""`, and in multi-line mode everything up to a
/// line that holds only a dot.
///
/// @param multi multi-line mode is on
record ChatInput(boolean multi) {
    private static final String QUOTES = "\"\"\"";
    private static final String END = "\n.";

    /// Whether more lines belong to it.
    boolean goesOn(String text) {
        if (text.startsWith(QUOTES))
            return text.length() < 2 * QUOTES.length() || !text.stripTrailing().endsWith(QUOTES);
        if (isCommand(text)) return false;
        if (multi) return !text.equals(".") && !text.endsWith(END);
        return text.endsWith("\\") && !text.endsWith("\\\\");
    }

    /// The message, without what only said where it ends.
    String message(String text) {
        if (text.startsWith(QUOTES)) {
            String inner = text.substring(QUOTES.length()).stripTrailing();
            if (inner.endsWith(QUOTES))
                inner = inner.substring(0, inner.length() - QUOTES.length());
            return inner.strip();
        }
        if (isCommand(text)) return text.strip();
        if (multi)
            return (text.equals(".")
                            ? ""
                            : text.endsWith(END)
                                    ? text.substring(0, text.length() - END.length())
                                    : text)
                    .strip();
        return text.replace("\\\n", "\n").strip();
    }

    private static boolean isCommand(String text) {
        return text.startsWith("/") && !text.startsWith("//") && !text.contains("\n");
    }
}

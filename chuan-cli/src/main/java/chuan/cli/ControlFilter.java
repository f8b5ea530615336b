package chuan.cli;

/// Takes out of a model's text what a terminal would obey: escape sequences, control characters,
/// and marks that turn the direction of what follows. Text comes in pieces, cut anywhere between
/// code points; a sequence may go on in the next piece. (ECMA-48; Unicode UAX 9.)
final class ControlFilter {
    private static final int BELL = 0x07;
    private static final int ESCAPE = 0x1B;

    private enum State {
        TEXT,
        /// Behind an escape.
        ESCAPED,
        /// Within the parameters of a control sequence.
        SEQUENCE,
        /// Within a string that a command takes, such as a title of the window.
        STRING
    }

    private State state = State.TEXT;

    String accept(String piece) {
        var text = new StringBuilder(piece.length());
        piece.codePoints().forEach(c -> accept(c, text));
        return text.toString();
    }

    private void accept(int c, StringBuilder text) {
        if (c == '\n') state = State.TEXT; // a sequence does not span lines
        switch (state) {
            case TEXT -> plain(c, text);
            case ESCAPED -> {
                if (c < 0x20 || c > 0x7E) plain(c, text);
                else if (c == '[') state = State.SEQUENCE;
                else if ("]PX^_".indexOf(c) >= 0) state = State.STRING;
                else if (c > 0x2F) state = State.TEXT;
            }
            case SEQUENCE -> {
                if (c >= 0x40 && c <= 0x7E) state = State.TEXT;
                else if (c < 0x20 || c > 0x3F) plain(c, text);
            }
            case STRING -> {
                if (c == BELL || c == 0x9C) state = State.TEXT;
                else if (c == ESCAPE) state = State.ESCAPED;
            }
        }
    }

    private void plain(int c, StringBuilder text) {
        state =
                switch (c) {
                    case ESCAPE -> State.ESCAPED;
                    case 0x9B -> State.SEQUENCE;
                    case 0x90, 0x98, 0x9D, 0x9E, 0x9F -> State.STRING;
                    default -> State.TEXT;
                };
        boolean control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
        boolean turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
        if (!control && !turns) text.appendCodePoint(c);
    }
}

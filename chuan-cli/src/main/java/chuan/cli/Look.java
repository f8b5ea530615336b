package chuan.cli;

import java.util.function.IntSupplier;

/// How the chat shows what it has to say.
///
/// @param columns of the terminal, asked for again and again since it may be resized; 0 = no
///   terminal: text goes out as it is
/// @param json answers are objects, one a line
record Look(IntSupplier columns, boolean colour, boolean json) {
    private static final String DIM = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";

    static Look pipe(boolean json) {
        return new Look(() -> 0, false, json);
    }

    boolean onTerminal() {
        return columns.getAsInt() > 0;
    }

    /// For what is not the answer.
    String dim(String text) {
        return colour ? DIM + text + PLAIN : text;
    }

    /// When colours are shown.
    enum Colour {
        AUTO,
        ALWAYS,
        NEVER;

        /// @param terminal whether the output is one that can show them
        boolean shown(boolean terminal) {
            return switch (this) {
                case ALWAYS -> true;
                case NEVER -> false;
                case AUTO -> {
                    String refused = System.getenv("NO_COLOR"); // no-color.org
                    yield terminal && (refused == null || refused.isEmpty());
                }
            };
        }
    }
}

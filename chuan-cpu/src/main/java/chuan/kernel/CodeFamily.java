package chuan.kernel;

import java.util.function.Consumer;

/// Functions of machine code that stand or fall together: those that are written when they are
/// first called for. As soon as one of them turns out wrong, none is called any more, and whoever
/// owns them lets others compute, which gives the same bits. Safe for any threads.
final class CodeFamily {
    private static volatile Consumer<String> listener =
            line ->
                    System.getLogger(CodeFamily.class.getPackageName())
                            .log(System.Logger.Level.WARNING, line);

    private final String title;
    private final String instead;
    private volatile boolean broken;

    /// @param title for people: what these functions are for
    /// @param instead for people: who computes if they cannot
    CodeFamily(String title, String instead) {
        this.title = title;
        this.instead = instead;
    }

    /// Who hears of it, in one line, when a family is given up.
    static void listener(Consumer<String> to) {
        listener = to;
    }

    boolean isBroken() {
        return broken;
    }

    /// Gives them up, and says so the first time.
    synchronized void giveUp(String why) {
        if (broken) return;
        broken = true;
        listener.accept(
                "no machine code for %s: %s; %s compute instead".formatted(title, why, instead));
    }
}

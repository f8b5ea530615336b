package chuan.cli;

import chuan.engine.Cancellation;
import java.util.List;
import java.util.function.Consumer;

/// A dialogue with a model, as the terminal needs it. Used by one thread at a time.
interface Conversation {
    /// One message, `role` being `system`, `user` or `assistant`.
    record Message(String role, String content) {}

    /// How an answer went.
    ///
    /// @param promptTokens tokens the model was given
    /// @param keptTokens those of them that were still in its cache
    /// @param tokens tokens of the answer
    /// @param ended the model stopped by itself
    /// @param note what the user should know, such as rounds that no longer fit; empty for nothing
    record Outcome(
            int promptTokens,
            int keptTokens,
            int tokens,
            double promptSeconds,
            double answerSeconds,
            boolean ended,
            String note) {}

    /// Answers, piece by piece, until the end or until `stop` is thrown from another thread. What
    /// was said until then stays in the dialogue.
    Outcome ask(String text, Consumer<String> pieces, Cancellation stop);

    /// Forgets the dialogue; the system text stays.
    void reset();

    /// Sets the system text and starts afresh; empty for none.
    void system(String text);

    List<Message> messages();

    /// Tokens of the dialogue after the last answer, and how many there may be.
    String memory();
}

package chuan.cli;

import chuan.engine.Cancellation;
import java.util.List;
import java.util.Map;
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
    /// @param finish why it ended: `stop`, `length` or `cancelled`
    /// @param note what the user should know, such as rounds that no longer fit; empty for nothing
    record Outcome(
            int promptTokens,
            int keptTokens,
            int tokens,
            double promptSeconds,
            double answerSeconds,
            String finish,
            String note) {}

    /// Answers, piece by piece, until the end or until `stop` is thrown from another thread. What
    /// was said until then stays in the dialogue.
    Outcome ask(String text, Consumer<String> pieces, Cancellation stop);

    /// The system text, if there is one, then question and answer in turn.
    List<Message> messages();

    /// Replaces the dialogue.
    void restore(List<Message> messages);

    /// Name of the model, for people.
    String model();

    /// Tokens of the dialogue after the last answer.
    int usedTokens();

    /// Tokens that there may be.
    int contextTokens();

    /// A text as the model reads it.
    List<String> pieces(String text);

    /// What [#set] can change, by name, and how it stands.
    Map<String, String> settings();

    /// @throws IllegalArgumentException for a name or value that there is not; the message is for
    ///   the user
    void set(String name, String value);
}

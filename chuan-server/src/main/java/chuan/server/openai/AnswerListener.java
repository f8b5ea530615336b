package chuan.server.openai;

import chuan.engine.GenerateResult;
import chuan.engine.GenerationEvent;
import chuan.engine.TokenLogprobs;
import java.util.List;

/// Who writes answers down while they grow: a stream of events, or one object at the end.
public interface AnswerListener {
    /// `place` others are served first.
    default void queued(int choice, int place) {}

    /// The prompt is being computed.
    default void prompt(int choice, GenerationEvent.Prompt progress) {}

    /// More text. `tokens` are those that it consists of, and those before it that had none.
    void text(int choice, String text, List<TokenLogprobs> tokens);

    /// An answer is complete.
    ///
    /// @param rest tokens that no text was sent for: those of a stop string
    void finished(int choice, GenerateResult result, List<TokenLogprobs> rest);

    /// Nothing happened for a while.
    default void idle() {}
}

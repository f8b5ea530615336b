package chuan.eval;

import chuan.engine.ChatMessage;
import java.util.List;

/// What a model is shown before it answers.
public sealed interface Prompt {
    /// A text to be continued, as it stands; no control tokens are added.
    record Text(String text) implements Prompt {}

    /// A conversation in the model's own chat format; the assistant's turn follows.
    record Chat(List<ChatMessage> messages) implements Prompt {
        public Chat {
            messages = List.copyOf(messages);
        }
    }
}

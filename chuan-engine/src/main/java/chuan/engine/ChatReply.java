package chuan.engine;

import java.util.ArrayList;
import java.util.List;

/// What the model answered, and the conversation as it stands now.
public final class ChatReply {
    private final ChatCall call;
    private final ChatTemplate.Prompt prompt;
    private final GenerateResult result;

    ChatReply(ChatCall call, ChatTemplate.Prompt prompt, GenerateResult result) {
        this.call = call;
        this.prompt = prompt;
        this.result = result;
    }

    public String text() {
        return result.text();
    }

    /// Why it ended, its tokens, counts and times.
    public GenerateResult result() {
        return result;
    }

    /// The conversation with this answer. Without it where it was cancelled before its first word.
    public List<ChatMessage> messages() {
        if (result.text().isEmpty() && result.finishReason() == FinishReason.CANCELLED)
            return call.messages();
        var all = new ArrayList<>(call.messages());
        all.add(ChatMessage.assistant(result.text()));
        return List.copyOf(all);
    }

    /// How many old messages the model did not see, to make room.
    public int droppedMessages() {
        return prompt.droppedMessages();
    }

    /// The question alone was too long: the model did not see its beginning.
    public boolean truncated() {
        return prompt.truncated();
    }

    /// Asks on, in the same manner. Only what is new is computed.
    public ChatCall then(String question) {
        return call.after(messages(), question);
    }

    /// The text.
    @Override
    public String toString() {
        return text();
    }
}

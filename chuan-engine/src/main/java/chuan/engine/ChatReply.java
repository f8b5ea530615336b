package chuan.engine;

import chuan.engine.tools.AnswerReader;
import chuan.engine.tools.ToolCall;
import java.util.ArrayList;
import java.util.List;

/// What the model answered, and the conversation as it stands now.
public final class ChatReply {
    private final ChatCall call;
    private final ChatTemplate.Prompt prompt;
    private final GenerateResult result;
    private final String text;
    private final List<ToolCall> calls;

    /// @param reader of the answer, which has ended
    ChatReply(
            ChatCall call, ChatTemplate.Prompt prompt, GenerateResult result, AnswerReader reader) {
        this.call = call;
        this.prompt = prompt;
        this.result = result;
        text = reader.content();
        calls = reader.calls();
    }

    /// What the model says to the user, "" if it does nothing but call tools.
    public String text() {
        return text;
    }

    /// What the model asks the program to do: run these tools, and tell it by [#results] what they
    /// return. Arguments are the model's word, so a tool has to check them. If the answer was cut
    /// off ([FinishReason#LENGTH]), those of the last call may be no complete JSON.
    public List<ToolCall> calls() {
        return calls;
    }

    /// Why it ended, its tokens, counts and times, and all of its text, calls included.
    public GenerateResult result() {
        return result;
    }

    /// The conversation with this answer. Without it where it was cancelled before its first word.
    public List<ChatMessage> messages() {
        if (text.isEmpty() && calls.isEmpty() && result.finishReason() == FinishReason.CANCELLED)
            return call.messages();
        var all = new ArrayList<>(call.messages());
        all.add(ChatMessage.assistant(text, calls));
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

    /// Goes on with what the called tools returned, in the order of [#calls]. The model decides
    /// from here on, even if a call was demanded before.
    ///
    /// @throws IllegalArgumentException if there is not one result for each call
    public ChatCall results(List<String> returned) {
        if (returned.size() != calls.size())
            throw new IllegalArgumentException(
                    returned.size() + " results of " + calls.size() + " calls");
        var all = new ArrayList<>(messages());
        for (int i = 0; i < calls.size(); i++)
            all.add(ChatMessage.tool(calls.get(i).name(), returned.get(i)));
        return call.behind(all);
    }

    /// The text.
    @Override
    public String toString() {
        return text();
    }
}

package chuan.engine;

import chuan.engine.ChatMessage.Role;
import chuan.engine.constrain.Constraints;
import java.util.ArrayList;
import java.util.List;

/// A conversation that the model is to answer.
public final class ChatCall extends Call<ChatCall, ChatReply> {
    /// No conversation is as long, so nothing is left out to make room.
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private final List<ChatMessage> messages;
    private final boolean whole;

    ChatCall(
            LanguageModel model, CallSettings settings, List<ChatMessage> messages, boolean whole) {
        super(model, settings);
        this.messages = List.copyOf(messages);
        this.whole = whole;
    }

    @Override
    ChatCall with(CallSettings changed) {
        return new ChatCall(model, changed, messages, whole);
    }

    /// What the model is told to be; "" for nothing.
    public ChatCall system(String text) {
        var changed = new ArrayList<>(messages);
        if (!changed.isEmpty() && changed.getFirst().role() == Role.SYSTEM) changed.removeFirst();
        if (!text.isEmpty()) changed.addFirst(ChatMessage.system(text));
        return new ChatCall(model, settings, changed, whole);
    }

    /// What was said before, oldest first.
    public ChatCall history(List<ChatMessage> earlier) {
        var all = new ArrayList<>(earlier);
        all.addAll(messages);
        return new ChatCall(model, settings, all, whole);
    }

    /// Nothing may be left out: a conversation that does not fit is a
    /// [chuan.model.ContextTooLongException] then. Otherwise the oldest rounds go first, then the
    /// beginning of the question, and the reply says so.
    public ChatCall whole() {
        return new ChatCall(model, settings, messages, true);
    }

    /// Asks the next question of the same conversation, in the same manner.
    ChatCall after(List<ChatMessage> conversation, String question) {
        var all = new ArrayList<>(conversation);
        all.add(ChatMessage.user(question));
        return new ChatCall(model, settings, all, whole);
    }

    /// The conversation that it asks about.
    public List<ChatMessage> messages() {
        return messages;
    }

    @Override
    Constraints grammars() {
        return model.constraints();
    }

    @Override
    Prepared<ChatReply> prepare() {
        var engine = model.engine();
        var template = engine.settings().chatTemplate();
        var prompt =
                template.render(
                        messages,
                        engine.tokenizer()::encode,
                        whole ? UNLIMITED : engine.context(),
                        settings.maxTokens());
        var request =
                new GenerateRequest(
                        prompt.ids(),
                        false,
                        settings.maxTokens(),
                        settings.stop(),
                        engine.chatStops(template),
                        settings.sampling(),
                        settings.logprobs(),
                        settings.constraint());
        return new Prepared<>(request, result -> new ChatReply(this, prompt, result));
    }
}

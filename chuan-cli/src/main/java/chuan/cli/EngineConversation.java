package chuan.cli;

import chuan.engine.Cancellation;
import chuan.engine.ChatMessage;
import chuan.engine.ChatSession;
import chuan.engine.Engine;
import chuan.engine.GenerateResult;
import chuan.tokenizer.SpecialText;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// A conversation with a model.
final class EngineConversation implements Conversation {
    private final String model;
    private final Engine engine;
    private final ChatSession session;
    private int tokens;

    EngineConversation(String model, Engine engine, ChatSession session) {
        this.model = model;
        this.engine = engine;
        this.session = session;
    }

    @Override
    public Outcome ask(String text, Consumer<String> pieces, Cancellation stop) {
        var reply = session.reply(text, pieces::accept, stop);
        GenerateResult.Statistics s = reply.result().statistics();
        tokens = s.promptTokens() + s.generatedTokens();
        return new Outcome(
                s.promptTokens(),
                s.cachedTokens(),
                s.generatedTokens(),
                s.prefillSeconds(),
                s.decodeSeconds(),
                reply.result().finishReason().name().toLowerCase(Locale.ROOT),
                note(reply));
    }

    private static String note(ChatSession.Reply reply) {
        if (reply.truncated()) return "the message is too long: its beginning was left out";
        return reply.droppedMessages() == 0
                ? ""
                : "no room for the oldest " + reply.droppedMessages() + " messages any more";
    }

    @Override
    public List<Message> messages() {
        return session.messages().stream()
                .map(m -> new Message(m.role().toString(), m.content()))
                .toList();
    }

    @Override
    public void restore(List<Message> messages) {
        session.setMessages(
                messages.stream()
                        .map(m ->
                                new ChatMessage(
                                        ChatMessage.Role.parse(m.role(), "role"), m.content()))
                        .toList());
        tokens =
                messages.stream()
                        .mapToInt(m -> engine.tokenizer().encode(m.content()).length)
                        .sum();
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public int usedTokens() {
        return tokens;
    }

    @Override
    public int contextTokens() {
        return engine.context();
    }

    @Override
    public List<String> pieces(String text) {
        return engine.tokenizer().pieces(text, SpecialText.PLAIN);
    }

    @Override
    public Map<String, String> settings() {
        return ChatSetting.all(session);
    }

    @Override
    public void set(String name, String value) {
        ChatSetting.named(name).change(session, value);
    }
}

package chuan.cli;

import chuan.engine.Cancellation;
import chuan.engine.ChatSession;
import chuan.engine.FinishReason;
import chuan.engine.GenerateResult;
import java.util.List;
import java.util.function.Consumer;

/// A conversation with a model.
final class EngineConversation implements Conversation {
    private final ChatSession session;
    private final int context;
    private int tokens;

    EngineConversation(ChatSession session, int context) {
        this.session = session;
        this.context = context;
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
                reply.result().finishReason() == FinishReason.STOP,
                note(reply));
    }

    private static String note(ChatSession.Reply reply) {
        if (reply.truncated()) return "the message is too long: its beginning was left out";
        return reply.droppedMessages() == 0
                ? ""
                : "no room for the oldest " + reply.droppedMessages() + " messages any more";
    }

    @Override
    public void reset() {
        session.reset();
        tokens = 0;
    }

    @Override
    public void system(String text) {
        reset();
        session.setSystem(text);
    }

    @Override
    public List<Message> messages() {
        return session.messages().stream()
                .map(m -> new Message(m.role().toString(), m.content()))
                .toList();
    }

    @Override
    public String memory() {
        return tokens + " of " + context + " tokens of context";
    }
}

package chuan.engine;

import chuan.engine.ChatMessage.Role;
import java.util.ArrayList;
import java.util.List;

/// A conversation that keeps its cache: each answer computes only what the conversation did not
/// hold before. The same messages in a fresh session give the same prompt, so a cached answer is
/// the one a fresh session would give.
///
/// One thread at a time; [Cancellation#cancel] may come from any.
public final class ChatSession implements AutoCloseable {
    private final Engine engine;
    private final ChatTemplate template;
    private final Sequence sequence;
    private final List<ChatMessage> messages = new ArrayList<>();
    private SamplingOptions sampling;
    private int maxTokens;

    /// An answer and what had to be left out to make room for it.
    ///
    /// @param droppedMessages of the history that the model did not see, to make room
    /// @param truncated the beginning of the question was cut off, because it alone is too long
    public record Reply(
            String text, int droppedMessages, boolean truncated, GenerateResult result) {}

    ChatSession(Engine engine, ChatTemplate template) {
        this.engine = engine;
        this.template = template;
        sampling = engine.settings().sampling();
        maxTokens = engine.settings().maxNewTokens();
        sequence = engine.newSequence(engine.context());
    }

    /// The conversation so far, system text first. A copy.
    public List<ChatMessage> messages() {
        return List.copyOf(messages);
    }

    public SamplingOptions sampling() {
        return sampling;
    }

    public void setSampling(SamplingOptions value) {
        sampling = value;
    }

    public int maxTokens() {
        return maxTokens;
    }

    /// Tokens of an answer at most; a long conversation may leave room for fewer.
    public void setMaxTokens(int value) {
        if (value < 1)
            throw new InvalidRequestException("max_tokens", "must be positive, not " + value);
        maxTokens = value;
    }

    /// Replaces the system text; "" removes it.
    public void setSystem(String text) {
        if (!messages.isEmpty() && messages.getFirst().role() == Role.SYSTEM)
            messages.removeFirst();
        if (!text.isEmpty()) messages.addFirst(ChatMessage.system(text));
    }

    /// Forgets everything but the system text.
    public void reset() {
        messages.removeIf(message -> message.role() != Role.SYSTEM);
    }

    /// Replaces the conversation, e.g. by one that was saved.
    public void setMessages(List<ChatMessage> conversation) {
        messages.clear();
        messages.addAll(conversation);
    }

    public Reply reply(String question, TokenListener listener) {
        return reply(question, listener, new Cancellation());
    }

    /// Answers. The question and the answer join the conversation, also a part of an answer that
    /// was cancelled; if nothing was answered, or an exception ends it, the conversation is as
    /// before.
    ///
    /// @throws InvalidRequestException if system text and question do not fit
    public Reply reply(String question, TokenListener listener, Cancellation cancellation) {
        messages.add(ChatMessage.user(question));
        boolean answered = false;
        try {
            var reply = answer(listener, cancellation);
            answered =
                    reply.result().finishReason() != FinishReason.CANCELLED
                            || !reply.text().isEmpty();
            if (answered) messages.add(ChatMessage.assistant(reply.text()));
            return reply;
        } finally {
            if (!answered) messages.removeLast();
        }
    }

    private Reply answer(TokenListener listener, Cancellation cancellation) {
        var tokenizer = engine.tokenizer();
        var prompt = template.render(messages, tokenizer::encode, sequence.capacity(), maxTokens);
        var request =
                new GenerateRequest(
                        prompt.ids(),
                        false,
                        maxTokens,
                        List.of(),
                        engine.chatStops(template),
                        sampling,
                        -1);
        var result = engine.generate(sequence, request, listener, cancellation);
        return new Reply(result.text(), prompt.droppedMessages(), prompt.truncated(), result);
    }

    @Override
    public void close() {
        sequence.close();
    }
}

package chuan.server.openai;

import chuan.engine.GenerateResult;
import chuan.engine.TokenLogprobs;
import chuan.engine.tools.AnswerReader;
import chuan.server.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects the answers of a chat into the one object of a request without streaming.
final class ChatObject implements AnswerListener {
    private final Envelope envelope;
    private final List<Choice> choices = new ArrayList<>();
    private final Usage usage = new Usage();

    private static final class Choice {
        final @Nullable Logprobs logprobs;
        final List<TokenLogprobs> tokens = new ArrayList<>();
        @Nullable GenerateResult result;

        final AnswerReader reader;

        Choice(@Nullable Logprobs logprobs, AnswerReader reader) {
            this.logprobs = logprobs;
            this.reader = reader;
        }
    }

    /// @param logprobs for each answer: who writes its log-probabilities, or null
    /// @param readers one for each answer
    ChatObject(
            Envelope envelope,
            List<? extends @Nullable Logprobs> logprobs,
            List<AnswerReader> readers) {
        this.envelope = envelope;
        for (int i = 0; i < readers.size(); i++)
            choices.add(new Choice(logprobs.get(i), readers.get(i)));
    }

    @Override
    public void text(int choice, String text, List<TokenLogprobs> tokens) {
        choices.get(choice).tokens.addAll(tokens);
        choices.get(choice).reader.accept(text);
    }

    @Override
    public void finished(int choice, GenerateResult result, List<TokenLogprobs> rest) {
        choices.get(choice).tokens.addAll(rest);
        choices.get(choice).reader.finish();
        choices.get(choice).result = result;
        usage.add(result, choice == 0);
    }

    /// After the last answer has ended.
    JsonObject toJson() {
        var list = new ArrayList<JsonObject>();
        GenerateResult first = null;
        for (int i = 0; i < choices.size(); i++) {
            var result = choices.get(i).result;
            if (result == null) throw new IllegalStateException("answer " + i + " has not ended");
            if (first == null) first = result;
            list.add(choice(i, choices.get(i), result));
        }
        var object = envelope.with("chat.completion", list).put("usage", usage.toJson());
        return first == null ? object : object.put("timings", Usage.timings(first.statistics()));
    }

    private static JsonObject choice(int index, Choice choice, GenerateResult result) {
        String content = choice.reader.content();
        boolean called = choice.reader.called();
        var message =
                new JsonObject()
                        .put("role", "assistant")
                        .put("content", called && content.isEmpty() ? null : content)
                        .put("refusal", null);
        if (called) message.put("tool_calls", ToolCalls.list(choice.reader.calls()));
        return new JsonObject()
                .put("index", index)
                .put("message", message)
                .put(
                        "logprobs",
                        choice.logprobs == null ? null : choice.logprobs.chat(choice.tokens))
                .put("finish_reason", FinishReasons.of(result, called))
                .put("seed", result.seed());
    }
}

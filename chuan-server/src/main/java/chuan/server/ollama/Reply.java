package chuan.server.ollama;

import chuan.engine.FinishReason;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.TokenLogprobs;
import chuan.server.JsonObject;
import chuan.server.openai.AnswerListener;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An answer in lines as it grows, or in one object at the end. Times are nanoseconds.
final class Reply implements AnswerListener {
    /// Where an answer's text stands.
    enum Kind {
        /// In `message`.
        CHAT,
        /// In `response`; the ids of the conversation so far are in `context`.
        GENERATE
    }

    private final Kind kind;
    private final String model;
    private final GenerateRequest request;
    private final @Nullable LineStream lines;
    private final long start;
    private final StringBuilder text = new StringBuilder();
    private @Nullable JsonObject last;

    /// @param model as the request calls it
    /// @param lines null if only the whole answer is wanted
    /// @param startNanos when the request came
    Reply(
            Kind kind,
            String model,
            GenerateRequest request,
            @Nullable LineStream lines,
            long startNanos) {
        this.kind = kind;
        this.model = model;
        this.request = request;
        this.lines = lines;
        start = startNanos;
    }

    @Override
    public void text(int choice, String delta, List<TokenLogprobs> tokens) {
        if (lines == null) text.append(delta);
        else lines.send(line(kind, model, delta).put("done", false));
    }

    @Override
    public void finished(int choice, GenerateResult result, List<TokenLogprobs> rest) {
        var s = result.statistics();
        var line =
                line(kind, model, text.toString())
                        .put("done", true)
                        .put("done_reason", reason(result.finishReason()));
        if (kind == Kind.GENERATE) line.put("context", context(result));
        line.put("total_duration", System.nanoTime() - start)
                .put("load_duration", 0)
                .put("prompt_eval_count", s.promptTokens())
                .put("prompt_eval_duration", nanos(s.prefillSeconds()))
                .put("eval_count", result.ids().size())
                .put("eval_duration", nanos(s.decodeSeconds()));
        if (lines == null) last = line;
        else lines.send(line);
    }

    /// The whole answer, after it has ended.
    JsonObject whole() {
        if (last == null) throw new IllegalStateException("the answer has not ended");
        return last;
    }

    /// For a request without anything to answer: the model is there, as it always is.
    static JsonObject loaded(Kind kind, String model) {
        return line(kind, model, "").put("done", true).put("done_reason", "load");
    }

    private static JsonObject line(Kind kind, String model, String text) {
        var line = new JsonObject().put("model", model).put("created_at", Instant.now().toString());
        return switch (kind) {
            case CHAT ->
                    line.put(
                            "message",
                            new JsonObject().put("role", "assistant").put("content", text));
            case GENERATE -> line.put("response", text);
        };
    }

    /// Prompt and answer, for the next request.
    private int[] context(GenerateResult result) {
        int[] prompt = request.prompt();
        var answer = result.ids();
        int[] ids = java.util.Arrays.copyOf(prompt, Math.addExact(prompt.length, answer.size()));
        for (int i = 0; i < answer.size(); i++) ids[prompt.length + i] = answer.get(i);
        return ids;
    }

    private static String reason(FinishReason reason) {
        return reason == FinishReason.STOP ? "stop" : "length";
    }

    private static long nanos(double seconds) {
        return (long) (seconds * 1e9);
    }
}

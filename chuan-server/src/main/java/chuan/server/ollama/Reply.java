package chuan.server.ollama;

import chuan.engine.FinishReason;
import chuan.engine.GenerateRequest;
import chuan.engine.GenerateResult;
import chuan.engine.TokenLogprobs;
import chuan.engine.tools.AnswerReader;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolDelta;
import chuan.engine.tools.ToolTemplate;
import chuan.server.JsonObject;
import chuan.server.openai.AnswerListener;
import chuan.server.openai.Translated;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

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
    private final AnswerReader reader;
    private int callsSent;
    private @Nullable JsonObject last;

    /// @param model as the request calls it
    /// @param lines null if only the whole answer is wanted
    /// @param startNanos when the request came
    Reply(
            Kind kind,
            String model,
            Translated.Asked asked,
            @Nullable LineStream lines,
            long startNanos) {
        this.kind = kind;
        this.model = model;
        request = asked.request();
        reader = asked.reader();
        this.lines = lines;
        start = startNanos;
    }

    @Override
    public void text(int choice, String delta, List<TokenLogprobs> tokens) {
        take(reader.accept(delta));
    }

    /// Content goes out at once; calls when they are complete, since their arguments are objects.
    private void take(List<ToolDelta> deltas) {
        if (lines == null) return;
        for (ToolDelta delta : deltas)
            if (delta instanceof ToolDelta.Content(String content))
                lines.send(line(kind, model, content).put("done", false));
        if (!reader.called()) return;
        // all but the last one are complete for certain
        for (var calls = reader.calls(); callsSent < calls.size() - 1; callsSent++)
            send(lines, calls.get(callsSent));
    }

    private void send(LineStream stream, ToolCall call) {
        var arguments = Translation.parsed(call.arguments());
        var line =
                arguments == null
                        ? line(kind, model, ToolTemplate.calls("", List.of(call)))
                        : line(kind, model, "", List.of(function(call.name(), arguments)));
        stream.send(line.put("done", false));
    }

    private static JsonObject function(String name, JsonNode arguments) {
        return new JsonObject()
                .put("function", new JsonObject().put("name", name).put("arguments", arguments));
    }

    /// Calls that were cut off are text as they stand.
    private JsonObject answer() {
        var content = new StringBuilder(reader.content());
        var functions = new ArrayList<JsonObject>();
        for (ToolCall call : reader.calls()) {
            var arguments = Translation.parsed(call.arguments());
            if (arguments == null) content.append(ToolTemplate.calls("", List.of(call)));
            else functions.add(function(call.name(), arguments));
        }
        return line(kind, model, content.toString(), functions);
    }

    @Override
    public void finished(int choice, GenerateResult result, List<TokenLogprobs> rest) {
        take(reader.finish());
        if (lines != null)
            for (var calls = reader.calls(); callsSent < calls.size(); callsSent++)
                send(lines, calls.get(callsSent));
        var s = result.statistics();
        var line =
                (lines == null ? answer() : line(kind, model, ""))
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
        return line(kind, model, text, List.of());
    }

    private static JsonObject line(
            Kind kind, String model, String text, List<JsonObject> functions) {
        var line = new JsonObject().put("model", model).put("created_at", Instant.now().toString());
        return switch (kind) {
            case CHAT -> {
                var message = new JsonObject().put("role", "assistant").put("content", text);
                if (!functions.isEmpty()) message.put("tool_calls", functions);
                yield line.put("message", message);
            }
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

package chuan.server.openai;

import chuan.engine.GenerateResult;
import chuan.engine.GenerationEvent;
import chuan.engine.TokenLogprobs;
import chuan.engine.tools.AnswerReader;
import chuan.engine.tools.ToolDelta;
import chuan.server.JsonObject;
import chuan.server.ServerOptions.KeepAliveStyle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes the answers of a chat as chunks: per answer one with the role, those with text and calls
/// of tools, and one with the reason of its end.
final class ChatStream implements AnswerListener {
    private final EventStream events;
    private final Envelope envelope;
    private final Decoding decoding;
    private final KeepAliveStyle keepAlive;
    private final List<Choice> choices = new ArrayList<>();
    private final Usage usage = new Usage();
    private final long start = System.nanoTime();

    /// One answer.
    private static final class Choice {
        final @Nullable Logprobs logprobs;
        final AnswerReader reader;
        boolean started;

        /// Tokens whose text is held back.
        List<TokenLogprobs> held = new ArrayList<>();

        Choice(@Nullable Logprobs logprobs, AnswerReader reader) {
            this.logprobs = logprobs;
            this.reader = reader;
        }

        List<TokenLogprobs> takeHeld() {
            var taken = held;
            held = new ArrayList<>();
            return taken;
        }
    }

    /// @param logprobs for each answer: who writes its log-probabilities, or null
    /// @param readers one for each answer
    ChatStream(
            EventStream events,
            Envelope envelope,
            Decoding decoding,
            KeepAliveStyle keepAlive,
            List<? extends @Nullable Logprobs> logprobs,
            List<AnswerReader> readers) {
        this.events = events;
        this.envelope = envelope;
        this.decoding = decoding;
        this.keepAlive = keepAlive;
        for (int i = 0; i < readers.size(); i++)
            choices.add(new Choice(logprobs.get(i), readers.get(i)));
    }

    @Override
    public void queued(int choice, int place) {
        if (decoding.progress() && choice == 0)
            progress(new JsonObject().put("queue_position", place));
    }

    @Override
    public void prompt(int choice, GenerationEvent.Prompt p) {
        begin(choice);
        if (decoding.progress() && choice == 0)
            progress(
                    new JsonObject()
                            .put("total", p.total())
                            .put("cache", p.cached())
                            .put("processed", p.done()));
    }

    /// As llama.cpp's server reports it, and the place in the queue.
    private void progress(JsonObject state) {
        state.put("time_ms", (System.nanoTime() - start) / 1_000_000);
        send(chunk(0, new JsonObject(), null, null).put("prompt_progress", state));
    }

    @Override
    public void text(int choice, String text, List<TokenLogprobs> tokens) {
        begin(choice);
        choices.get(choice).held.addAll(tokens);
        deltas(choice, choices.get(choice).reader.accept(text));
    }

    private void deltas(int choice, List<ToolDelta> deltas) {
        for (ToolDelta delta : deltas) {
            var object =
                    switch (delta) {
                        case ToolDelta.Content(String text) ->
                                new JsonObject().put("content", text);
                        case ToolDelta.Begin(int index, String name) ->
                                new JsonObject()
                                        .put("content", null)
                                        .put("tool_calls", List.of(ToolCalls.begin(index, name)));
                        case ToolDelta.Arguments(int index, String json) ->
                                new JsonObject()
                                        .put(
                                                "tool_calls",
                                                List.of(ToolCalls.arguments(index, json)));
                    };
            send(chunk(choice, object, logprobs(choice, choices.get(choice).takeHeld()), null));
        }
    }

    @Override
    public void finished(int choice, GenerateResult result, List<TokenLogprobs> rest) {
        begin(choice);
        var reader = choices.get(choice).reader;
        deltas(choice, reader.finish());
        choices.get(choice).held.addAll(rest);
        var last = choices.get(choice).takeHeld();
        usage.add(result, choice == 0);
        var logprobs = last.isEmpty() ? null : logprobs(choice, last);
        send(
                chunk(choice, new JsonObject(), logprobs, FinishReasons.of(result, reader.called()))
                        .put("timings", Usage.timings(result.statistics())));
    }

    private void begin(int choice) {
        if (choices.get(choice).started) return;
        choices.get(choice).started = true;
        var delta = new JsonObject().put("role", "assistant").put("content", "");
        send(chunk(choice, delta, null, null));
    }

    private @Nullable JsonObject logprobs(int choice, List<TokenLogprobs> tokens) {
        var logprobs = choices.get(choice).logprobs;
        return logprobs == null ? null : logprobs.chat(tokens);
    }

    private JsonObject chunk(
            int choice,
            JsonObject delta,
            @Nullable JsonObject logprobs,
            @Nullable String finishReason) {
        return envelope.with(
                "chat.completion.chunk",
                List.of(
                        new JsonObject()
                                .put("index", choice)
                                .put("delta", delta)
                                .put("logprobs", logprobs)
                                .put("finish_reason", finishReason)));
    }

    private void send(JsonObject chunk) {
        events.send(decoding.includeUsage() ? chunk.put("usage", null) : chunk);
    }

    @Override
    public void idle() {
        switch (keepAlive) {
            case COMMENT -> events.keepAlive();
            case CHUNK -> send(chunk(0, new JsonObject(), null, null));
            case OFF -> {}
        }
    }

    void done() {
        if (decoding.includeUsage())
            events.send(
                    envelope.with("chat.completion.chunk", List.of()).put("usage", usage.toJson()));
        events.done();
    }
}

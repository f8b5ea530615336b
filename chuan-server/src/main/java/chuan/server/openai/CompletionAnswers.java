package chuan.server.openai;

import chuan.engine.GenerateResult;
import chuan.engine.TokenLogprobs;
import chuan.server.JsonObject;
import chuan.server.ServerOptions.KeepAliveStyle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes continuations down: as chunks if there is a stream, else as one object at the end.
final class CompletionAnswers implements AnswerListener {
    private final Envelope envelope;
    private final CompletionRequest request;
    private final @Nullable EventStream events;
    private final KeepAliveStyle keepAlive;
    private final List<@Nullable Logprobs> logprobs = new ArrayList<>();
    private final List<List<TokenLogprobs>> tokens = new ArrayList<>();
    private final @Nullable GenerateResult[] results;
    private final Usage usage = new Usage();

    CompletionAnswers(
            Envelope envelope,
            CompletionRequest request,
            @Nullable EventStream events,
            KeepAliveStyle keepAlive,
            List<? extends @Nullable Logprobs> logprobs) {
        this.envelope = envelope;
        this.request = request;
        this.events = events;
        this.keepAlive = keepAlive;
        this.logprobs.addAll(logprobs);
        for (int i = 0; i < logprobs.size(); i++) tokens.add(new ArrayList<>());
        results = new GenerateResult[logprobs.size()];
    }

    @Override
    public void text(int choice, String text, List<TokenLogprobs> more) {
        if (events == null) tokens.get(choice).addAll(more);
        else send(events, envelope.with(OBJECT, List.of(choice(choice, text, more, null))));
    }

    private static final String OBJECT = "text_completion";

    @Override
    public void finished(int choice, GenerateResult result, List<TokenLogprobs> rest) {
        results[choice] = result;
        usage.add(result, choice % request.decoding().n() == 0);
        if (events == null) {
            tokens.get(choice).addAll(rest);
            return;
        }
        var last = choice(choice, "", rest, FinishReasons.of(result));
        send(
                events,
                envelope.with(OBJECT, List.of(last))
                        .put("timings", Usage.timings(result.statistics())));
    }

    private JsonObject choice(
            int index, String text, List<TokenLogprobs> own, @Nullable String finishReason) {
        var writer = logprobs.get(index);
        return new JsonObject()
                .put("text", text)
                .put("index", index)
                .put("logprobs", writer == null ? null : writer.completion(own))
                .put("finish_reason", finishReason);
    }

    private void send(EventStream stream, JsonObject chunk) {
        stream.send(request.decoding().includeUsage() ? chunk.put("usage", null) : chunk);
    }

    @Override
    public void idle() {
        if (events == null) return;
        switch (keepAlive) {
            case COMMENT -> events.keepAlive();
            case CHUNK ->
                    send(events, envelope.with(OBJECT, List.of(choice(0, "", List.of(), null))));
            case OFF -> {}
        }
    }

    /// Ends the stream.
    void done(EventStream stream) {
        if (request.decoding().includeUsage())
            stream.send(envelope.with(OBJECT, List.of()).put("usage", usage.toJson()));
        stream.done();
    }

    /// Everything, after the last answer has ended.
    JsonObject toJson() {
        var choices = new ArrayList<JsonObject>();
        JsonObject timings = null;
        for (int i = 0; i < results.length; i++) {
            var result = results[i];
            if (result == null) throw new IllegalStateException("answer " + i + " has not ended");
            if (timings == null) timings = Usage.timings(result.statistics());
            choices.add(choice(i, result.text(), tokens.get(i), FinishReasons.of(result)));
        }
        return envelope.with(OBJECT, choices).put("usage", usage.toJson()).put("timings", timings);
    }
}

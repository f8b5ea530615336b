package chuan.engine;

import chuan.tokenizer.StreamingDecoder;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// One generation: the prompt in chunks, then a token per step, until something ends it.
final class Generator {
    private final Tokenizer tokenizer;
    private final Sequence sequence;
    private final GenerateRequest request;
    private final TokenListener listener;
    private final Cancellation cancellation;

    private final Sampler sampler;
    private final float[] logits;
    private final StreamingDecoder decoder;
    private final StopMatcher stops;
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>();
    private final List<TokenLogprobs> tokens = new ArrayList<>();
    private int generated;
    private String stop = "";

    Generator(
            Tokenizer tokenizer,
            int vocab,
            Sequence sequence,
            GenerateRequest request,
            TokenListener listener,
            Cancellation cancellation) {
        this.tokenizer = tokenizer;
        this.sequence = sequence;
        this.request = request;
        this.listener = listener;
        this.cancellation = cancellation;
        sampler = new Sampler(vocab, request.sampling());
        logits = new float[vocab];
        decoder = tokenizer.streamingDecoder();
        stops = new StopMatcher(request.stop());
    }

    /// @param chunk tokens of the prompt per step
    GenerateResult run(int chunk) {
        long start = System.nanoTime();
        int cached = sequence.reuse(request.prompt());
        boolean ready = prefill(cached, chunk);
        long prefilled = System.nanoTime();
        var reason = ready ? decode() : FinishReason.CANCELLED;
        if (stops.found() == null) emit(stops.accept(decoder.finish()));
        emit(stops.finish());
        var found = stops.found();
        if (found != null) {
            stop = found;
            reason = FinishReason.STOP;
        }
        var statistics =
                new GenerateResult.Statistics(
                        request.prompt().length,
                        cached,
                        generated,
                        (prefilled - start) * 1e-9,
                        (System.nanoTime() - prefilled) * 1e-9);
        return new GenerateResult(
                text.toString(),
                List.copyOf(ids),
                List.copyOf(tokens),
                reason,
                stop,
                sampler.seed(),
                statistics);
    }

    /// @return false if cancelled before the logits were there
    private boolean prefill(int cached, int chunk) {
        int[] prompt = request.prompt();
        for (int id : prompt) {
            sampler.accept(id);
            if (request.continuesText()) decoder.accept(id); // its text is known already
        }
        for (int from = cached; from < prompt.length; ) {
            if (cancellation.isCancelled()) return false;
            int to = Math.min(prompt.length, from + chunk);
            sequence.append(prompt, from, to, to == prompt.length ? 1 : 0, logits);
            listener.prompt(to, prompt.length);
            from = to;
        }
        return true;
    }

    private FinishReason decode() {
        int[] step = new int[1];
        while (true) {
            if (cancellation.isCancelled()) return FinishReason.CANCELLED;
            step[0] = choose();
            generated++;
            if (request.stopIds().contains(step[0])) {
                stop = tokenizer.piece(step[0]);
                return FinishReason.STOP;
            }
            ids.add(step[0]);
            emit(stops.accept(decoder.accept(step[0])));
            if (stops.found() != null) return FinishReason.STOP;
            if (generated >= request.maxTokens() || sequence.length() >= sequence.capacity())
                return FinishReason.LENGTH;
            sequence.append(step, 0, 1, 1, logits);
        }
    }

    private int choose() {
        // rows that a model has beyond its vocabulary, to round the size up, are no tokens
        Arrays.fill(logits, tokenizer.vocabSize(), logits.length, Float.NEGATIVE_INFINITY);
        float[] raw = request.logprobs() < 0 ? null : logits.clone();
        int id = sampler.next(logits);
        sampler.accept(id);
        var token =
                raw == null ? TokenLogprobs.of(id) : TokenLogprobs.of(id, raw, request.logprobs());
        if (request.stopIds().contains(id)) return id;
        if (raw != null) tokens.add(token);
        listener.token(token);
        return id;
    }

    private void emit(String delta) {
        if (delta.isEmpty()) return;
        text.append(delta);
        listener.text(delta);
    }
}

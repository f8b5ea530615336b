package chuan.engine;

import chuan.tokenizer.StreamingDecoder;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The answer to one request as it grows: chooses a token from each row of logits, turns tokens
/// into text, and knows when it is over. Where logits come from, and how many answers grow at the
/// same time, is the business of its owner. One thread at a time.
final class Answer {
    private final Tokenizer tokenizer;
    private final int vocab;
    private final GenerateRequest request;
    private final TokenListener listener;
    private final Sampler sampler;
    private final StreamingDecoder decoder;
    private final StopMatcher stops;
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>();
    private final List<TokenLogprobs> tokens = new ArrayList<>();
    private int state;
    private int generated;
    private @Nullable FinishReason reason;
    private String stop = "";
    private boolean endedByToken;

    /// @param vocab logits in a row
    /// @param space used during the calls only, so that answers can share it
    Answer(
            Tokenizer tokenizer,
            int vocab,
            GenerateRequest request,
            TokenListener listener,
            Sampler.Workspace space) {
        this.tokenizer = tokenizer;
        this.vocab = vocab;
        this.request = request;
        this.listener = listener;
        sampler = new Sampler(vocab, request.sampling(), space);
        decoder = tokenizer.streamingDecoder();
        stops = new StopMatcher(request.stop());
        for (int id : request.prompt()) {
            sampler.accept(id);
            if (request.continuesText()) decoder.accept(id); // its text is known already
        }
        state = request.constraint().start();
        if (request.constraint().complete(state)) reason = FinishReason.STOP;
    }

    /// Chooses the next token. Its text goes to the listener as far as it is certain.
    ///
    /// @param logits of which `[at, at + vocab)` follow the tokens so far; not changed
    /// @return the token, which the model is to see next unless the answer is [#over] now
    /// @param space of the calling thread
    /// @throws IllegalStateException if there is none: NaN, or nothing that the constraint allows
    int next(float[] logits, int at, Sampler.Workspace space) {
        int id = choose(logits, at, space);
        generated++;
        if (request.stopIds().contains(id)) {
            stop = tokenizer.piece(id);
            endedByToken = true;
            reason = FinishReason.STOP;
            return id;
        }
        advance(id);
        sampler.answer(id);
        ids.add(id);
        report(id, logits, at);
        emit(stops.accept(decoder.accept(id)));
        if (stops.found() != null || request.constraint().complete(state))
            reason = FinishReason.STOP;
        else if (generated >= request.maxTokens()) reason = FinishReason.LENGTH;
        return id;
    }

    private int choose(float[] logits, int at, Sampler.Workspace space) {
        sampler.use(space);
        float[] spent = space.logits;
        System.arraycopy(logits, at, spent, 0, vocab);
        // rows that a model has beyond its vocabulary, to round the size up, are no tokens
        Arrays.fill(spent, tokenizer.vocabSize(), vocab, Float.NEGATIVE_INFINITY);
        return sampler.next(spent, request.constraint(), state, request.stopIds());
    }

    private void advance(int id) {
        state = request.constraint().advance(state, id);
        if (state < 0)
            throw new IllegalStateException("the constraint refuses token " + id + " afterwards");
    }

    private void report(int id, float[] logits, int at) {
        if (request.logprobs() < 0) {
            listener.token(TokenLogprobs.of(id));
            return;
        }
        int known = tokenizer.vocabSize();
        var reported = request.reported();
        var token =
                reported.isEmpty()
                        ? TokenLogprobs.of(id, logits, at, known, request.logprobs())
                        : TokenLogprobs.of(id, logits, at, known, reported);
        tokens.add(token);
        listener.token(token);
    }

    private void emit(String delta) {
        if (delta.isEmpty()) return;
        text.append(delta);
        listener.text(delta);
    }

    /// Whether nothing may follow.
    boolean over() {
        return reason != null;
    }

    /// Whether a token of `stopIds` ended it, which is not part of it.
    boolean endedByToken() {
        return endedByToken;
    }

    /// Tokens chosen so far, with the one that ended it.
    int generated() {
        return generated;
    }

    /// State of the constraint, to look at drafts with.
    int state() {
        return state;
    }

    /// Ends it. What is not certain yet becomes text.
    ///
    /// @param otherwise why, unless it is over by itself
    GenerateResult finish(FinishReason otherwise, GenerateResult.Statistics statistics) {
        if (reason == null) reason = otherwise;
        if (stops.found() == null) emit(stops.accept(decoder.finish()));
        emit(stops.finish());
        var found = stops.found();
        if (found != null) {
            stop = found;
            reason = FinishReason.STOP;
        }
        return new GenerateResult(
                text.toString(),
                List.copyOf(ids),
                List.copyOf(tokens),
                reason,
                stop,
                sampler.seed(),
                statistics);
    }
}

package chuan.engine;

import chuan.tokenizer.Tokenizer;

/// One generation by itself: the prompt in chunks, then a token per step, until something ends it.
final class Generator {
    private final Sequence sequence;
    private final GenerateRequest request;
    private final TokenListener listener;
    private final Cancellation cancellation;
    private final Sampler.Workspace space;
    private final Answer answer;
    private final float[] logits;

    Generator(
            Tokenizer tokenizer,
            int vocab,
            Sequence sequence,
            GenerateRequest request,
            TokenListener listener,
            Cancellation cancellation) {
        this.sequence = sequence;
        this.request = request;
        this.listener = listener;
        this.cancellation = cancellation;
        space = new Sampler.Workspace(vocab);
        answer = new Answer(tokenizer, vocab, request, listener, space);
        logits = new float[vocab];
    }

    /// @param chunk tokens of the prompt per step
    GenerateResult run(int chunk) {
        long start = System.nanoTime();
        int cached = sequence.reuse(request.prompt());
        boolean ready = prefill(cached, chunk);
        long prefilled = System.nanoTime();
        var reason = ready ? decode() : FinishReason.CANCELLED;
        return answer.finish(
                reason,
                new GenerateResult.Statistics(
                        request.prompt().length,
                        cached,
                        answer.generated(),
                        0,
                        0,
                        0,
                        (prefilled - start) * 1e-9,
                        (System.nanoTime() - prefilled) * 1e-9));
    }

    /// @return false if cancelled before the logits were there
    private boolean prefill(int cached, int chunk) {
        int[] prompt = request.prompt();
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
        while (!answer.over()) {
            if (cancellation.isCancelled()) return FinishReason.CANCELLED;
            step[0] = answer.next(logits, 0, space);
            if (answer.over()) break;
            if (sequence.length() >= sequence.capacity()) return FinishReason.LENGTH;
            sequence.append(step, 0, 1, 1, logits);
        }
        return FinishReason.STOP; // unless it says otherwise
    }
}

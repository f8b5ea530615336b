package chuan.engine;

import chuan.model.KvCache;
import chuan.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A request on its way through a [Batcher]: the ids of prompt and answer, how many of them its
/// cache holds, and the answer. What is still to compute is the difference: the prompt, after a
/// preemption the answer so far as well, and in the end one token at a time. Scheduler's thread
/// only.
final class Job implements TokenListener {
    /// By the time of submission; lower goes first where nothing else decides.
    final long number;

    final GenerateRequest request;
    final String scope;
    final EventStream stream;
    final long arrivedNanos;

    /// Tokens that its cache may hold at most.
    final int capacity;

    /// Prompt and answer; behind them, during a step, the draft.
    int[] ids;

    int known;
    int drafts;

    /// How many of the draft's first tokens the grammar forces.
    int forced;

    @Nullable KvCache cache;

    /// Who computes the first `sharedLength` tokens right now; they are taken over when they are
    /// there.
    @Nullable Job leader;

    int sharedLength;

    /// Tokens that its cache took over and that none followed yet.
    int adopted;

    /// Tokens for which there will be memory.
    int reserved;

    int preemptions;

    /// In the last step.
    int chosenTokens;

    int acceptedInStep;

    /// Why nothing could be chosen.
    @Nullable RuntimeException failure;

    /// Order of admission: a leader has a lower one.
    long admission;

    long startedNanos;
    long firstTokenNanos;
    long pausedSinceNanos;

    /// Place in the queue that its reader was told.
    int place = -1;

    /// How probable it is that a drafted token is right.
    double draftLuck = StepPlanner.USUAL_LUCK;

    /// The same where a grammar leaves no choice of text.
    double forcedLuck = StepPlanner.FORCED_LUCK;

    /// What its scope got; set by the queue.
    WaitingQueue.@Nullable Share share;

    private @Nullable Answer answer;
    private int cached = -1;
    private int draftedTokens;
    private int acceptedTokens;
    private boolean hadFirst;
    private List<TokenLogprobs> chosen = List.of();
    private String delta = "";

    Job(
            long number,
            GenerateRequest request,
            String scope,
            EventStream stream,
            int capacity,
            long arrivedNanos) {
        this.number = number;
        this.request = request;
        this.scope = scope;
        this.stream = stream;
        this.capacity = capacity;
        this.arrivedNanos = arrivedNanos;
        ids = request.prompt();
        known = ids.length;
    }

    /// Begins to take part in steps.
    void start(Tokenizer tokenizer, int vocab, Sampler.Workspace space, KvCache empty, long now) {
        cache = empty;
        if (answer != null) return; // it did before
        answer = new Answer(tokenizer, vocab, request, this, space);
        ids = Arrays.copyOf(request.prompt(), capacity + 1);
        startedNanos = now;
    }

    Answer answer() {
        return Objects.requireNonNull(answer, "not started");
    }

    WaitingQueue.Share share() {
        return Objects.requireNonNull(share, "not queued");
    }

    KvCache cache() {
        return Objects.requireNonNull(cache, "not running");
    }

    boolean wasStarted() {
        return answer != null;
    }

    int computed() {
        return cache == null ? 0 : cache.length();
    }

    int toCompute() {
        return known - computed();
    }

    /// Takes over the beginning of a cache, which counts as cached the first time.
    void adopt(KvCache other, int length) {
        cache().adopt(other, length);
        adopted = length;
        if (cached < 0) cached = length;
    }

    /// Nothing could be taken over.
    void beginEmpty() {
        if (cached < 0) cached = 0;
    }

    int cachedTokens() {
        return Math.max(0, cached);
    }

    /// Whether the answer must not grow because nobody reads it.
    boolean isPaused() {
        return pausedSinceNanos != 0;
    }

    /// After a step that computed a part of what there is.
    void tellProgress() {
        int total = request.prompt().length;
        if (firstTokenNanos == 0)
            stream.put(
                    new GenerationEvent.Prompt(Math.min(computed(), total), total, cachedTokens()));
    }

    /// After a step whose rows of logits begin at `at`: chooses a token, and more as long as the
    /// draft was right. Afterwards the cache holds what is known but the last token. What goes
    /// wrong is kept in `failure`. May run on any thread, one at a time.
    void choose(float[] logits, int at, int vocab, Sampler.Workspace space, long now) {
        try {
            chosenTokens = 0;
            acceptedInStep = 0;
            choose(answer(), logits, at, vocab, space, now);
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void choose(
            Answer a, float[] logits, int at, int vocab, Sampler.Workspace space, long now) {
        tellProgress();
        int drafted = drafts;
        drafts = 0;
        draftedTokens += drafted;
        boolean right = true;
        while (right && !a.over()) {
            int draft = chosenTokens < drafted ? ids[known] : -1;
            int token = a.next(logits, at + chosenTokens * vocab, space);
            chosenTokens++;
            if (firstTokenNanos == 0) firstTokenNanos = now;
            if (a.endedByToken()) break;
            ids[known++] = token;
            flush();
            right = token == draft;
            if (draft >= 0) learn(chosenTokens <= forced, right);
            if (right) acceptedInStep++;
        }
        acceptedTokens += acceptedInStep;
        int valid = a.endedByToken() ? known : known - 1;
        if (computed() > valid) cache().truncate(valid);
    }

    private void learn(boolean wasForced, boolean right) {
        if (wasForced) forcedLuck += 0.15 * ((right ? 1 : 0) - forcedLuck);
        else draftLuck += 0.15 * ((right ? 1 : 0) - draftLuck);
    }

    /// Whether the answer ended, or has no room to go on.
    boolean isOver() {
        return answer().over() || known > capacity;
    }

    /// Whether the last step brought its first token; asked once per step.
    boolean takeFirst() {
        boolean first = firstTokenNanos != 0 && !hadFirst;
        hadFirst |= first;
        return first;
    }

    /// Sends what remains and the result.
    void finish(FinishReason otherwise, long now) {
        var result = result(otherwise, now);
        flush();
        stream.put(new GenerationEvent.Finished(result));
    }

    private GenerateResult result(FinishReason otherwise, long now) {
        long started = wasStarted() ? startedNanos : now;
        long first = firstTokenNanos == 0 ? now : firstTokenNanos;
        var statistics =
                new GenerateResult.Statistics(
                        request.prompt().length,
                        cachedTokens(),
                        answer == null ? 0 : answer.generated(),
                        draftedTokens,
                        acceptedTokens,
                        (started - arrivedNanos) * 1e-9,
                        (first - started) * 1e-9,
                        (now - first) * 1e-9);
        if (answer != null) return answer.finish(otherwise, statistics);
        long seed = request.sampling().seed().orElse(0);
        return new GenerateResult("", List.of(), List.of(), otherwise, "", seed, statistics);
    }

    @Override
    public void token(TokenLogprobs token) {
        chosen = List.of(token);
    }

    @Override
    public void text(String text) {
        delta = delta.isEmpty() ? text : delta + text;
    }

    private void flush() {
        if (delta.isEmpty() && chosen.isEmpty()) return;
        stream.putQuietly(new GenerationEvent.Delta(delta, chosen));
        delta = "";
        chosen = List.of();
    }
}

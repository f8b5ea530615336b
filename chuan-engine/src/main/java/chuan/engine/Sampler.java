package chuan.engine;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Chooses the next token from logits: logit bias, repetition penalty, presence and frequency
/// penalty, constraint, temperature, top-k, top-p, min-p, draw, in this order and with the meanings
/// of the transformers library (4.31), and of OpenAI's API for what that one lacks:
///
/// - The repetition penalty looks at prompt and answer alike, each id once however often it
///   occurred; presence and frequency penalty look at the answer only.
/// - All tokens that tie with the k-th survive top-k.
/// - Top-p keeps a token if the mass of those before it is below p, so the first always stays.
///
/// Penalties and temperature are computed in fp32 as there, masses in fp64. Tokens are ordered by
/// falling probability, the lowest id first among equals; a draw walks in this order. Exponentials
/// are those of [Exponential] and random numbers those of [SplitMix64], one per draw, so a seed
/// gives the same tokens on every machine that computes the same logits.
///
/// [#next] allocates nothing and never sorts the vocabulary ([Candidates]). One thread at a time.
public final class Sampler {
    private final SamplingOptions options;
    private final long seed;
    private final SplitMix64 random;

    /// Ids of prompt and answer; empty without a repetition penalty.
    private final boolean[] seen;

    private final int[] seenIds;
    private int seenCount;

    /// How often each id occurred in the answer, and which did; empty without such penalties.
    private final int[] answered;

    private final int[] answeredIds;
    private int answeredCount;

    private final int[] biasIds;
    private final float[] biases;

    private Workspace space;

    /// What choosing a token needs and nobody needs afterwards, so that samplers that take turns
    /// can share it.
    static final class Workspace {
        private final Candidates candidates;

        /// For logits that may be spent.
        final float[] logits;

        Workspace(int vocab) {
            candidates = new Candidates(vocab);
            logits = new float[vocab];
        }
    }

    public Sampler(int vocab, SamplingOptions options) {
        this(vocab, options, new Workspace(vocab));
    }

    /// @param space of the same vocabulary; used during the calls only
    Sampler(int vocab, SamplingOptions options, Workspace space) {
        this.options = options;
        this.space = space;
        seed = options.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 53));
        random = new SplitMix64(seed);
        int penalized = options.repetitionPenalty() == 1 ? 0 : vocab;
        seen = new boolean[penalized];
        seenIds = new int[penalized];
        boolean counts = options.presencePenalty() != 0 || options.frequencyPenalty() != 0;
        answered = new int[counts ? vocab : 0];
        answeredIds = new int[counts ? vocab : 0];
        biasIds = options.logitBias().keySet().stream().mapToInt(id -> id).sorted().toArray();
        biases = new float[biasIds.length];
        for (int i = 0; i < biases.length; i++) biases[i] = bias(options.logitBias(), biasIds[i]);
    }

    private static float bias(Map<Integer, Float> biases, int id) {
        return biases.getOrDefault(id, 0f);
    }

    /// The seed in use, so that a run can be repeated.
    public long seed() {
        return seed;
    }

    /// Takes note of a token of the prompt.
    public void accept(int id) {
        if (seen.length == 0 || seen[id]) return;
        seen[id] = true;
        seenIds[seenCount++] = id;
    }

    /// Takes note of a token of the answer.
    public void answer(int id) {
        accept(id);
        if (answered.length > 0 && answered[id]++ == 0) answeredIds[answeredCount++] = id;
    }

    /// Forgets all tokens.
    public void forget() {
        for (int i = 0; i < seenCount; i++) seen[seenIds[i]] = false;
        seenCount = 0;
        for (int i = 0; i < answeredCount; i++) answered[answeredIds[i]] = 0;
        answeredCount = 0;
    }

    /// The next token. Does not take note of it.
    ///
    /// @param logits `[vocab]`; spent: penalties and temperature are written into it
    /// @throws IllegalStateException if a logit is NaN or none is finite
    public int next(float[] logits) {
        return next(logits, Constraint.NONE, 0, Set.of());
    }

    /// Uses another workspace from now on, such as that of the calling thread.
    void use(Workspace other) {
        space = other;
    }

    /// The next token that a constraint allows.
    ///
    /// @param logits `[vocab]`; spent
    /// @param state of the constraint
    /// @param stopIds allowed where the constraint accepts, and only there
    /// @throws IllegalStateException if a logit is NaN, none is finite, or nothing is allowed
    int next(float[] logits, Constraint constraint, int state, Set<Integer> stopIds) {
        penalize(logits);
        boolean free = constraint == Constraint.NONE;
        int top = argmax(logits);
        if (options.temperature() == 0) {
            // the best is nearly always allowed: looking at it is cheaper than at all
            if (free || allowed(constraint, state, stopIds, top)) return top;
            mask(logits, constraint, state, stopIds);
            return bestAllowed(logits);
        }
        if (!free) {
            mask(logits, constraint, state, stopIds);
            bestAllowed(logits);
        }
        select(logits);
        double u = random.nextDouble();
        boolean cut = options.topP() < 1 || options.minP() > 0;
        double mass = cut ? cut() : space.candidates.total();
        return draw(u * mass, cut);
    }

    private static boolean allowed(
            Constraint constraint, int state, Set<Integer> stopIds, int token) {
        return stopIds.contains(token)
                ? constraint.accepting(state)
                : constraint.advance(state, token) >= 0;
    }

    private static void mask(
            float[] logits, Constraint constraint, int state, Set<Integer> stopIds) {
        boolean accepting = constraint.accepting(state);
        var stops = new float[stopIds.size()];
        int at = 0;
        for (int id : stopIds) stops[at++] = logits[id];
        constraint.mask(state, logits);
        at = 0;
        for (int id : stopIds) logits[id] = accepting ? stops[at++] : Float.NEGATIVE_INFINITY;
    }

    private int bestAllowed(float[] logits) {
        float largest = space.candidates.look(logits);
        if (largest == Float.NEGATIVE_INFINITY)
            throw new IllegalStateException("the constraint allows no token here");
        return space.candidates.find(logits, largest);
    }

    /// The distribution that [#next] would draw from, without drawing: probability per id, 0 where
    /// a token was ruled out. For tests, and for programs that draw themselves.
    ///
    /// @param logits `[vocab]`; spent
    /// @param out `[vocab]`
    public void probabilities(float[] logits, double[] out) {
        Arrays.fill(out, 0);
        penalize(logits);
        int top = argmax(logits);
        if (options.temperature() == 0) {
            out[top] = 1;
            return;
        }
        select(logits);
        double mass = cut();
        for (int id : space.candidates.allTaken()) out[id] = space.candidates.weight(id) / mass;
    }

    /// Ids that the last call of [#probabilities] kept, also those whose probability is too small
    /// for a number.
    int[] kept() {
        return Arrays.stream(space.candidates.allTaken()).sorted().toArray();
    }

    private void penalize(float[] logits) {
        for (int i = 0; i < biasIds.length; i++) logits[biasIds[i]] += biases[i];
        repetitionPenalty(logits);
        float presence = (float) options.presencePenalty();
        float frequency = (float) options.frequencyPenalty();
        for (int i = 0; i < answeredCount; i++)
            logits[answeredIds[i]] -= presence + answered[answeredIds[i]] * frequency;
    }

    private void repetitionPenalty(float[] logits) {
        float penalty = (float) options.repetitionPenalty();
        if (penalty == 1) return;
        for (int i = 0; i < seenCount; i++) {
            float value = logits[seenIds[i]];
            logits[seenIds[i]] = value < 0 ? value * penalty : value / penalty;
        }
    }

    private int argmax(float[] logits) {
        float largest = space.candidates.look(logits);
        if (!Float.isFinite(largest)) {
            int top = space.candidates.find(logits, largest);
            throw new IllegalStateException(
                    Float.isNaN(largest)
                            ? "the model gave NaN as the logit of token " + top
                            : "the model gave " + largest + " as its largest logit");
        }
        return space.candidates.find(logits, largest);
    }

    private void select(float[] logits) {
        space.candidates.select(logits, options.topK(), (float) options.temperature());
    }

    /// Takes what top-p and min-p keep, and returns its mass.
    private double cut() {
        var candidates = space.candidates;
        double enough =
                options.topP() < 1 ? options.topP() * candidates.total() : Double.POSITIVE_INFINITY;
        double least = options.minP();
        double mass = 0;
        do mass += candidates.weight(candidates.take());
        while (candidates.hasNext()
                && mass < enough
                && candidates.weight(candidates.next()) >= least);
        return mass;
    }

    /// Walks until the mass passed is above `target`: through the tokens that were kept by a cut,
    /// or through all.
    private int draw(double target, boolean cut) {
        var candidates = space.candidates;
        double passed = 0;
        int last = cut ? candidates.taken(0) : candidates.next();
        for (int i = 0; cut ? i < candidates.taken() : candidates.hasNext(); i++) {
            int id = cut ? candidates.taken(i) : candidates.take();
            double weight = candidates.weight(id);
            if (weight > 0) last = id;
            passed += weight;
            if (passed > target) return id;
        }
        return last; // rounding left a rest that belongs to nobody
    }
}

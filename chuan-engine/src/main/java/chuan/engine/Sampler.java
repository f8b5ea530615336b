package chuan.engine;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/// Chooses the next token from logits: repetition penalty, temperature, top-k, top-p, min-p, draw,
/// in this order and with the meanings of the transformers library (4.31):
///
/// - The penalty looks at prompt and generated ids alike, each id once however often it occurred.
/// - All tokens that tie with the k-th survive top-k.
/// - Top-p keeps a token if the mass of those before it is below p, so the first always stays.
///
/// Penalty and temperature are computed in fp32 as there, masses in fp64. Tokens are ordered by
/// falling probability, the lowest id first among equals; a draw walks in this order. Exponentials
/// are those of [StrictMath] and random numbers those of [SplitMix64], so a seed gives the same
/// tokens on every machine that computes the same logits.
///
/// [#next] allocates nothing and never sorts the vocabulary: it finds the k-th value with a heap of
/// k values and takes tokens from a second heap only until the draw falls. One thread at a time.
public final class Sampler {
    private final SamplingOptions options;
    private final long seed;
    private final SplitMix64 random;

    private final boolean[] seen;
    private final int[] seenIds;
    private int seenCount;

    /// Values of the best k so far, the smallest on top.
    private final float[] best;

    /// Candidates: a heap of ids in `[0, heapSize)`, behind it the ids taken out of it.
    private final int[] ids;

    /// Per id, exp(logit - largest logit).
    private final double[] weight;

    private int candidates;
    private int heapSize;

    public Sampler(int vocab, SamplingOptions options) {
        this.options = options;
        seed = options.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 53));
        random = new SplitMix64(seed);
        boolean draws = options.temperature() > 0;
        seen = new boolean[vocab];
        seenIds = new int[vocab];
        best = new float[draws && options.topK() < vocab ? options.topK() : 0];
        ids = new int[draws ? vocab : 0];
        weight = new double[draws ? vocab : 0];
    }

    /// The seed in use, so that a run can be repeated.
    public long seed() {
        return seed;
    }

    /// Takes note of a token of the prompt or of the answer, for the repetition penalty.
    public void accept(int id) {
        if (seen[id]) return;
        seen[id] = true;
        seenIds[seenCount++] = id;
    }

    /// Forgets all tokens that were accepted.
    public void forget() {
        for (int i = 0; i < seenCount; i++) seen[seenIds[i]] = false;
        seenCount = 0;
    }

    /// The next token. Does not accept it.
    ///
    /// @param logits `[vocab]`; spent: penalty and temperature are written into it
    /// @throws IllegalStateException if a logit is NaN or none is finite
    public int next(float[] logits) {
        penalize(logits);
        int top = argmax(logits);
        if (options.temperature() == 0) return top;
        select(logits);
        double u = random.nextDouble();
        boolean cut = options.topP() < 1 || options.minP() > 0;
        double mass = cut ? cut(logits) : total();
        return draw(logits, u * mass, cut);
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
        double mass = cut(logits);
        for (int i = heapSize; i < candidates; i++) out[ids[i]] = weight[ids[i]] / mass;
    }

    /// Ids that the last call of [#probabilities] kept, also those whose probability is too small
    /// for a number.
    int[] kept() {
        return Arrays.stream(ids, heapSize, candidates).sorted().toArray();
    }

    private void penalize(float[] logits) {
        float penalty = (float) options.repetitionPenalty();
        if (penalty == 1) return;
        for (int i = 0; i < seenCount; i++) {
            float value = logits[seenIds[i]];
            logits[seenIds[i]] = value < 0 ? value * penalty : value / penalty;
        }
    }

    private static int argmax(float[] logits) {
        int top = 0;
        for (int id = 0; id < logits.length; id++) {
            float value = logits[id];
            if (value > logits[top]) top = id;
            if (Float.isNaN(value))
                throw new IllegalStateException("the model gave NaN as the logit of token " + id);
        }
        if (Float.isInfinite(logits[top]))
            throw new IllegalStateException(
                    "the model gave " + logits[top] + " as its largest logit");
        return top;
    }

    /// Fills `ids[0, candidates)` with what top-k leaves, and `weight` for them.
    private void select(float[] logits) {
        float temperature = (float) options.temperature();
        if (temperature != 1) for (int id = 0; id < logits.length; id++) logits[id] /= temperature;
        float threshold = best.length > 0 ? kthLargest(logits) : Float.NEGATIVE_INFINITY;
        float largest = Float.NEGATIVE_INFINITY;
        candidates = 0;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] >= threshold) {
                ids[candidates++] = id;
                largest = Math.max(largest, logits[id]);
            }
        }
        for (int i = 0; i < candidates; i++) {
            double distance = (double) logits[ids[i]] - largest;
            // below 2^-150 relative to the best, where an fp32 softmax has only zeros
            weight[ids[i]] = distance < -104 ? 0 : StrictMath.exp(distance);
        }
        heapSize = candidates;
        for (int i = heapSize / 2 - 1; i >= 0; i--) siftDown(logits, i);
    }

    private float kthLargest(float[] logits) {
        System.arraycopy(logits, 0, best, 0, best.length);
        for (int i = best.length / 2 - 1; i >= 0; i--) siftValueDown(i);
        for (int id = best.length; id < logits.length; id++) {
            if (logits[id] > best[0]) {
                best[0] = logits[id];
                siftValueDown(0);
            }
        }
        return best[0];
    }

    private void siftValueDown(int at) {
        float value = best[at];
        for (int child = 2 * at + 1; child < best.length; child = 2 * at + 1) {
            if (child + 1 < best.length && best[child + 1] < best[child]) child++;
            if (value <= best[child]) break;
            best[at] = best[child];
            at = child;
        }
        best[at] = value;
    }

    private double total() {
        double sum = 0;
        for (int i = 0; i < candidates; i++) sum += weight[ids[i]];
        return sum;
    }

    /// Moves what top-p and min-p keep behind the heap, best first from the end, and returns its
    /// mass.
    private double cut(float[] logits) {
        double enough = options.topP() < 1 ? options.topP() * total() : Double.POSITIVE_INFINITY;
        double least = options.minP();
        double mass = 0;
        do mass += weight[take(logits)];
        while (heapSize > 0 && mass < enough && weight[ids[0]] >= least);
        return mass;
    }

    /// Walks until the mass passed is above `target`: through the tokens that were kept by a cut,
    /// or through the heap.
    private int draw(float[] logits, double target, boolean cut) {
        double passed = 0;
        int last = ids[candidates - 1];
        if (cut) {
            for (int i = candidates - 1; i >= heapSize; i--) {
                if (weight[ids[i]] > 0) last = ids[i];
                passed += weight[ids[i]];
                if (passed > target) return ids[i];
            }
            return last; // rounding left a rest that belongs to nobody
        }
        while (heapSize > 0) {
            int id = take(logits);
            if (weight[id] > 0) last = id;
            passed += weight[id];
            if (passed > target) return id;
        }
        return last;
    }

    /// Takes the best candidate out of the heap and leaves it behind it.
    private int take(float[] logits) {
        int top = ids[0];
        heapSize--;
        ids[0] = ids[heapSize];
        ids[heapSize] = top;
        siftDown(logits, 0);
        return top;
    }

    private void siftDown(float[] logits, int at) {
        if (at >= heapSize) return;
        int id = ids[at];
        for (int child = 2 * at + 1; child < heapSize; child = 2 * at + 1) {
            if (child + 1 < heapSize && before(logits, ids[child + 1], ids[child])) child++;
            if (!before(logits, ids[child], id)) break;
            ids[at] = ids[child];
            at = child;
        }
        ids[at] = id;
    }

    private static boolean before(float[] logits, int a, int b) {
        return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
    }
}

package chuan.engine;

import java.util.List;

/// A chosen token and, if asked for, how probable the model held it: natural logarithms of the
/// softmax of the raw logits, before penalty, temperature and cuts.
///
/// @param logprob of the chosen token; NaN if no log-probabilities were asked for
/// @param top the most probable tokens, best first
public record TokenLogprobs(int id, double logprob, List<Candidate> top) {

    public record Candidate(int id, double logprob) {}

    /// A token of which nothing more is known.
    static TokenLogprobs of(int id) {
        return new TokenLogprobs(id, Double.NaN, List.of());
    }

    /// @param logits `[vocab]`, not yet changed by a sampler
    static TokenLogprobs of(int id, float[] logits, int count) {
        double logSum = logSumExp(logits, 0, logits.length);
        var top = new Candidate[Math.min(count, logits.length)];
        int filled = 0;
        for (int i = 0; i < logits.length; i++) {
            if (filled == top.length
                    && (filled == 0 || logits[i] - logSum <= top[filled - 1].logprob())) continue;
            if (filled < top.length) filled++;
            int at = filled - 1;
            for (; at > 0 && top[at - 1].logprob() < logits[i] - logSum; at--)
                top[at] = top[at - 1];
            top[at] = new Candidate(i, logits[i] - logSum);
        }
        return new TokenLogprobs(id, logits[id] - logSum, List.of(top));
    }

    /// Logarithm of the sum of exponentials of `logits[from, from + count)`.
    static double logSumExp(float[] logits, int from, int count) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + count; i++) largest = Math.max(largest, logits[i]);
        double sum = 0;
        for (int i = from; i < from + count; i++) sum += Math.exp((double) logits[i] - largest);
        return largest + Math.log(sum);
    }
}

package chuan.engine;

import java.util.List;

/// A chosen token and, if asked for, how probable the model held it: natural logarithms of the
/// softmax of the raw logits, before penalty, temperature and cuts.
///
/// @param logprob of the chosen token; NaN if no log-probabilities were asked for
/// @param top the most probable tokens, best first, or those that the request names
public record TokenLogprobs(int id, double logprob, List<Candidate> top) {

    public record Candidate(int id, double logprob) {}

    /// A token of which nothing more is known.
    static TokenLogprobs of(int id) {
        return new TokenLogprobs(id, Double.NaN, List.of());
    }

    /// @param logits of which `[at, at + vocab)` are the model's, not yet changed by a sampler
    static TokenLogprobs of(int id, float[] logits, int at, int vocab, int count) {
        double logSum = logSumExp(logits, at, vocab);
        var top = new Candidate[Math.min(count, vocab)];
        int filled = 0;
        for (int i = 0; i < vocab; i++) {
            double logprob = logits[at + i] - logSum;
            if (filled == top.length && (filled == 0 || logprob <= top[filled - 1].logprob()))
                continue;
            if (filled < top.length) filled++;
            int place = filled - 1;
            for (; place > 0 && top[place - 1].logprob() < logprob; place--)
                top[place] = top[place - 1];
            top[place] = new Candidate(i, logprob);
        }
        return new TokenLogprobs(id, logits[at + id] - logSum, List.of(top));
    }

    /// With the log-probabilities of given tokens.
    ///
    /// @param ids below `vocab`
    static TokenLogprobs of(int id, float[] logits, int at, int vocab, List<Integer> ids) {
        double logSum = logSumExp(logits, at, vocab);
        var given = ids.stream().map(i -> new Candidate(i, logits[at + i] - logSum)).toList();
        return new TokenLogprobs(id, logits[at + id] - logSum, given);
    }

    /// Logarithm of the sum of exponentials of `logits[from, from + count)`.
    public static double logSumExp(float[] logits, int from, int count) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + count; i++) largest = Math.max(largest, logits[i]);
        double sum = 0;
        for (int i = from; i < from + count; i++) sum += Math.exp((double) logits[i] - largest);
        return largest + Math.log(sum);
    }
}

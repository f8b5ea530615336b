package chuan.eval.task;

import chuan.eval.Judge;
import chuan.eval.Reply;
import chuan.eval.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The most likely option counts; of equal ones the first. Divisors are those of
/// lm-evaluation-harness: characters (code points) or bytes of the option without the space in
/// front of it.
///
/// @param options texts of the options
/// @param key letters, any of which is right
record LikelihoodJudge(
        Layout.Score score, List<String> options, List<String> letters, List<String> key)
        implements Judge {
    LikelihoodJudge {
        options = List.copyOf(options);
        letters = List.copyOf(letters);
        key = List.copyOf(key);
    }

    @Override
    public Verdict judge(List<Reply> replies) {
        for (var reply : replies) if (reply instanceof Reply.Failure) return Verdict.failed();
        double[] sums = sums(replies.getFirst());
        var scores = new double[sums.length];
        for (int i = 0; i < sums.length; i++)
            scores[i] =
                    switch (score) {
                        case SUM -> sums[i];
                        case PER_CHARACTER -> sums[i] / options.get(i).codePoints().count();
                        case PER_BYTE ->
                                sums[i] / options.get(i).getBytes(StandardCharsets.UTF_8).length;
                        case PRIOR -> sums[i] - sums(replies.get(1))[i];
                    };
        return LetterJudge.best(scores, letters, key);
    }

    private static double[] sums(Reply reply) {
        if (reply instanceof Reply.Likelihood likelihood) return likelihood.sums();
        throw new IllegalArgumentException("no likelihoods: " + reply);
    }
}

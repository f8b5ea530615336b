package chuan.eval.task;

import chuan.eval.Judge;
import chuan.eval.Reply;
import chuan.eval.Verdict;
import java.util.ArrayList;
import java.util.List;

/// The most likely letter counts; of equal ones the first, as argmax of numpy has it.
///
/// @param key any of them is right
record LetterJudge(List<String> letters, List<String> key) implements Judge {
    LetterJudge {
        letters = List.copyOf(letters);
        key = List.copyOf(key);
    }

    @Override
    public Verdict judge(List<Reply> replies) {
        return switch (replies.getFirst()) {
            case Reply.Letters reply -> best(reply.scores(), letters, key);
            case Reply.Failure _ -> Verdict.failed();
            case Reply.Likelihood _, Reply.Writing _ ->
                    throw new IllegalArgumentException("no letters: " + replies.getFirst());
        };
    }

    /// No answer if none is likely at all.
    static Verdict best(double[] scores, List<String> letters, List<String> key) {
        int best = -1;
        var list = new ArrayList<Double>(scores.length);
        for (int i = 0; i < scores.length; i++) {
            list.add(scores[i]);
            boolean likely = scores[i] > Double.NEGATIVE_INFINITY;
            if (likely && (best < 0 || scores[i] > scores[best])) best = i;
        }
        if (best < 0) return new Verdict(Verdict.Outcome.UNPARSED, "", 0, list);
        String choice = letters.get(best);
        return new Verdict(Verdict.Outcome.ANSWERED, choice, key.contains(choice) ? 1 : 0, list);
    }
}

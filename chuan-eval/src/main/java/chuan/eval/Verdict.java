package chuan.eval;

import java.util.List;

/// What the replies to one question are worth.
///
/// @param outcome whether there is an answer at all
/// @param choice the answer in the words of the task, a letter as a rule; "" without one
/// @param credit from 0 (wrong, or no answer) to 1
/// @param scores of the options in their order; empty if the model wrote its answer
public record Verdict(Outcome outcome, String choice, double credit, List<Double> scores) {
    public enum Outcome {
        ANSWERED,
        /// The model wrote something that holds no answer. Worth nothing; never drawn by lot.
        UNPARSED,
        /// The model could not be asked.
        FAILED
    }

    public Verdict {
        scores = List.copyOf(scores);
    }

    /// Without an answer, because the model could not be asked.
    public static Verdict failed() {
        return new Verdict(Outcome.FAILED, "", 0, List.of());
    }

    /// Without an answer, because what the model wrote holds none.
    public static Verdict unparsed() {
        return new Verdict(Outcome.UNPARSED, "", 0, List.of());
    }
}

package chuan.eval;

/// What came back for an [Ask].
public sealed interface Reply {
    /// Tokens of the prompt as the model counted them; 0 if it did not say.
    int promptTokens();

    /// For [Ask.Letters]: logits or log-probabilities, in the order of the letters. The two differ
    /// by a constant; negative infinity where an endpoint did not report the letter. If all are, no
    /// letter was answered.
    ///
    /// @param written what the letter was read out of, where an endpoint reports no probabilities;
    ///   else ""
    record Letters(double[] scores, int promptTokens, String written) implements Reply {
        public Letters(double[] scores, int promptTokens) {
            this(scores, promptTokens, "");
        }
    }

    /// For [Ask.Likelihood]: natural logarithms of probabilities, summed over the tokens of each
    /// text.
    ///
    /// @param tokens of each text
    /// @param greedy whether each token was the most probable one
    record Likelihood(double[] sums, int[] tokens, boolean[] greedy, int promptTokens)
            implements Reply {}

    /// For [Ask.Writing].
    ///
    /// @param cut whether it ended at the limit of tokens, not by itself
    record Writing(String text, boolean cut, int promptTokens, int tokens) implements Reply {}

    /// No answer could be had.
    record Failure(String why) implements Reply {
        @Override
        public int promptTokens() {
            return 0;
        }
    }
}

package chuan.eval.local;

import chuan.eval.Reply;
import java.util.Arrays;

/// What has been read so far of the logits that an ask needs.
abstract sealed class Answering {
    private final int ask;
    private final int promptTokens;
    private int missing;
    private double seconds;

    /// @param ask index of what was asked
    /// @param promptTokens before any were cut
    /// @param lines that it takes
    private Answering(int ask, int promptTokens, int lines) {
        this.ask = ask;
        this.promptTokens = promptTokens;
        missing = lines;
    }

    int ask() {
        return ask;
    }

    int promptTokens() {
        return promptTokens;
    }

    /// What was computed for it, its share of what others needed as well included.
    double seconds() {
        return seconds;
    }

    void spent(double more) {
        seconds += more;
    }

    /// A line of it is through.
    ///
    /// @return whether it was the last
    boolean lineIsThrough() {
        return --missing == 0;
    }

    /// Whether [#read] needs the sum over the vocabulary.
    abstract boolean needsSum();

    /// Reads the logits behind a token of a line. Called for each row that is wanted, from the
    /// first to the last.
    ///
    /// @param row of the line
    /// @param logits of which those from `at` on are of the row
    /// @param logSum logarithm of the sum of their exponentials, if needed
    /// @param top lowest id with the highest logit, if the sum is needed
    abstract void read(Line line, int row, float[] logits, int at, double logSum, int top);

    abstract Reply reply();

    /// Logits of the letters behind the prompt.
    static final class Letters extends Answering {
        private final int[] letters;
        private final double[] scores;

        Letters(int ask, int promptTokens, int[] letters) {
            super(ask, promptTokens, 1);
            this.letters = letters;
            scores = new double[letters.length];
        }

        @Override
        boolean needsSum() {
            return false;
        }

        @Override
        void read(Line line, int row, float[] logits, int at, double logSum, int top) {
            for (int i = 0; i < letters.length; i++) scores[i] = logits[at + letters[i]];
        }

        @Override
        Reply reply() {
            return new Reply.Letters(scores, promptTokens());
        }
    }

    /// Log-probabilities of continuations, a line each.
    static final class Likelihood extends Answering {
        private final double[] sums;
        private final int[] tokens;
        private final boolean[] greedy;

        Likelihood(int ask, int promptTokens, int continuations) {
            super(ask, promptTokens, continuations);
            sums = new double[continuations];
            tokens = new int[continuations];
            greedy = new boolean[continuations];
            Arrays.fill(greedy, true);
        }

        @Override
        boolean needsSum() {
            return true;
        }

        @Override
        void read(Line line, int row, float[] logits, int at, double logSum, int top) {
            int target = line.ids()[row + 1];
            sums[line.part()] += logits[at + target] - logSum;
            tokens[line.part()]++;
            greedy[line.part()] &= target == top;
        }

        @Override
        Reply reply() {
            return new Reply.Likelihood(sums, tokens, greedy, promptTokens());
        }
    }
}

package chuan.model;

/// How a model tells positions apart. Decided by the configuration's keys, never by a model's size.
public sealed interface Position {

    /// A linear penalty on the distance between query and key, a slope per head, no parameters
    /// (Press et al. 2022, "Train Short, Test Long"). Baichuan-13B.
    ///
    /// The official code adds `slope * key` in the model's number type; the softmax of a row does
    /// not change when a constant is added to it, so everything here uses the relative form `slope
    /// * (key - query)`, which keeps its precision at any distance.
    record Alibi() implements Position {

        /// The slope of `head` among `heads`: `2^(-8 (i+1) / n)` for the largest power of two `n <=
        /// heads`, then every second slope of the series for `2 n`.
        public static double slope(int head, int heads) {
            int n = Integer.highestOneBit(heads);
            return head < n
                    ? Math.pow(2, -8.0 * (head + 1) / n)
                    : Math.pow(2, -4.0 * (2 * (head - n) + 1) / n);
        }
    }

    /// Rotary embedding (Su et al. 2021): element `i` of a head is paired with `i + headDim / 2`
    /// and the pair is turned by `position * theta^(-2 i / headDim)`. Baichuan-7B, LLaMA.
    record Rope(double theta) implements Position {
        public Rope {
            if (!(theta > 0) || Double.isInfinite(theta))
                throw new IllegalArgumentException(
                        "rope theta must be a positive number, not " + theta);
        }
    }
}

package chuan.model;

/// How a model tells positions apart. Decided by the configuration's keys, never by a model's size.
/// Every back end takes its numbers from [#slope] and [#frequencies], so that they cannot differ.
public sealed interface Position {

    /// What a score loses per token of distance, for query head `head` of `heads`; 0 for RoPE.
    double slope(int head, int heads);

    /// By how many radians per position each pair of a head's elements is turned, `[headDim / 2]`;
    /// empty for ALiBi.
    double[] frequencies(int headDim);

    /// A linear penalty on the distance between query and key, a slope per head, no parameters
    /// (Press et al. 2022, "Train Short, Test Long"). Baichuan-13B.
    ///
    /// The official code adds `slope * key` in the model's number type; the softmax of a row does
    /// not change when a constant is added to it, so everything here uses the relative form `slope
    /// * (key - query)`, which keeps its precision at any distance.
    ///
    /// `stretch` is NTK-ALiBi: the flattest slope is divided by it, the steepest stays, and between
    /// them the logarithm of the divisor grows evenly with the logarithm of the slope. With slopes
    /// `2^-e`, the divisor is `stretch^((e - first) / (last - first))`, where `first` and `last`
    /// are the smallest and the largest exponent of all heads. For a power of two of heads, `e -
    /// first` is `8 k / n` and this is `stretch^(k / (n - 1))`, the published form
    /// (keezen/ntk_alibi); that leaves the further heads of a 40-head model as they are, though
    /// their slopes lie between the others: here one function of the slope serves them all.
    ///
    /// @param stretch context over trained context, at least 1; 1 = as trained
    record Alibi(double stretch) implements Position {

        /// As trained.
        public Alibi() {
            this(1);
        }

        public Alibi {
            if (!(stretch >= 1) || Double.isInfinite(stretch))
                throw new IllegalArgumentException(
                        "stretch must be a number of at least 1, not " + stretch);
        }

        /// As trained `2^(-8 (i+1) / n)` for the largest power of two `n <= heads`, then every
        /// second slope of the series for `2 n`.
        @Override
        public double slope(int head, int heads) {
            double exponent = exponent(head, heads);
            if (stretch == 1) return Math.pow(2, -exponent);
            int powerOfTwo = Integer.highestOneBit(heads);
            double first = exponent(heads > powerOfTwo ? powerOfTwo : 0, heads);
            double last = exponent(powerOfTwo - 1, heads);
            // one head alone is the one that sees far
            double share = last == first ? 1 : (exponent - first) / (last - first);
            return Math.pow(2, -exponent) * Math.pow(stretch, -share);
        }

        private static double exponent(int head, int heads) {
            int n = Integer.highestOneBit(heads);
            return head < n ? 8.0 * (head + 1) / n : 4.0 * (2 * (head - n) + 1) / n;
        }

        @Override
        public double[] frequencies(int headDim) {
            return new double[0];
        }
    }

    /// Rotary embedding (Su et al. 2021): element `i` of a head is paired with `i + headDim / 2`
    /// and the pair is turned by `position * theta^(-2 i / headDim)`. Baichuan-7B, LLaMA.
    record Rope(double theta, RopeScaling scaling) implements Position {

        /// As trained.
        public Rope(double theta) {
            this(theta, new RopeScaling.None());
        }

        public Rope {
            if (!(theta > 0) || Double.isInfinite(theta))
                throw new IllegalArgumentException(
                        "rope theta must be a positive number, not " + theta);
        }

        @Override
        public double slope(int head, int heads) {
            return 0;
        }

        @Override
        public double[] frequencies(int headDim) {
            double base = scaling.base(theta, headDim);
            var frequencies = new double[headDim / 2];
            for (int i = 0; i < frequencies.length; i++)
                frequencies[i] = Math.pow(base, -2.0 * i / headDim) / scaling.divisor();
            return frequencies;
        }
    }
}

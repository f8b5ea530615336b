package chuan.engine;

import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;

/// How far one model is from another that shares its vocabulary, on texts that both read by the
/// protocol of [Perplexity]: what a quantized model lost, or what fine-tuning changed.
///
/// Logits are fp32 as the back ends give them; logarithms, divergences and sums are fp64.
public record Comparison(Perplexity protocol) {

    /// @param a of the first model, the measure
    /// @param b of the second
    /// @param change of the perplexity from `a` to `b`, as a fraction
    /// @param changeError standard error of `change`, from the differences of single tokens
    /// @param divergence mean over tokens of the Kullback-Leibler divergence of `b` from `a`, `sum
    ///   of p_a * ln(p_a / p_b)`, in nats
    /// @param divergenceError standard error of `divergence`
    /// @param highDivergence 99.9 % of tokens have at most this divergence
    /// @param agreement fraction of tokens for which both hold the same one most probable
    /// @param logitDifference root of the mean square over all logits of all tokens
    public record Result(
            Perplexity.Result a,
            Perplexity.Result b,
            double change,
            double changeError,
            double divergence,
            double divergenceError,
            double highDivergence,
            double agreement,
            double logitDifference) {}

    /// Hears every token that both predicted, each once, in the order of a document.
    @FunctionalInterface
    public interface Tokens {
        /// Called on the thread that measures.
        ///
        /// @param ids of the document, as for [Perplexity.Tokens]
        /// @param at where in `ids` the token is
        /// @param natsA minus the natural logarithm of its probability, by the first model
        /// @param natsB and by the second
        /// @param divergence of the second model's next token from the first's, in nats
        /// @param agrees whether both hold the same token most probable
        void compared(
                int[] ids, int at, double natsA, double natsB, double divergence, boolean agrees);
    }

    /// Reads documents one after the other with both models.
    ///
    /// @throws InvalidRequestException if the models differ in their number of tokens
    public Result measure(
            Backend a,
            Backend b,
            Tokenizer tokenizer,
            Iterable<String> documents,
            Perplexity.Progress progress) {
        return measure(
                a,
                b,
                tokenizer,
                documents,
                progress,
                (ids, at, natsA, natsB, divergence, agrees) -> {});
    }

    /// The same, token by token.
    public Result measure(
            Backend a,
            Backend b,
            Tokenizer tokenizer,
            Iterable<String> documents,
            Perplexity.Progress progress,
            Tokens tokens) {
        int vocab = a.config().vocab();
        if (vocab != b.config().vocab())
            throw new InvalidRequestException(
                    "models",
                    "one has "
                            + vocab
                            + " tokens, the other "
                            + b.config().vocab()
                            + ": only models with one vocabulary can be compared");
        protocol.check(a);
        try (var pair = new Pair(a, b, protocol.window(), tokens)) {
            var result =
                    protocol.read(
                            tokenizer,
                            documents,
                            progress,
                            new Cancellation(),
                            Scorer.rows(vocab),
                            pair);
            return pair.result(result);
        }
    }

    /// Both models on their way through the texts.
    private static final class Pair implements Perplexity.Steps, AutoCloseable {
        private final Scorer a;
        private final Scorer b;
        private final Tokens tokens;
        private final int rows;
        private final double[] natsA;
        private final double[] natsB;
        private final double[] squares;
        private final boolean[] agrees;

        /// Of the rows of a step.
        private final double[] stepDivergences;

        /// Of all tokens, `[0, count)`.
        private double[] divergences = new double[1024];

        private int count;
        private double sumB;
        private double sumOfChanges;
        private double sumOfSquaredChanges;
        private double sumOfSquares;
        private long agreeing;

        Pair(Backend first, Backend second, int window, Tokens tokens) {
            this.tokens = tokens;
            a = new Scorer(first, window);
            b = new Scorer(second, window);
            rows = Scorer.rows(a.vocab());
            natsA = new double[rows];
            natsB = new double[rows];
            squares = new double[rows];
            agrees = new boolean[rows];
            stepDivergences = new double[rows];
        }

        @Override
        public void restart() {
            a.restart();
            b.restart();
        }

        @Override
        public double step(int[] ids, int from, int to, boolean wanted) {
            int n = wanted ? to - from : 0;
            a.append(ids, from, to, n);
            b.append(ids, from, to, n);
            IntStream.range(0, n).parallel().forEach(row -> compare(row, ids[from + 1 + row]));
            double sumA = 0;
            if (count + n > divergences.length)
                divergences = Arrays.copyOf(divergences, Math.max(count + n, 2 * count));
            for (int row = 0; row < n; row++) {
                double change = natsB[row] - natsA[row];
                sumA += natsA[row];
                sumB += natsB[row];
                sumOfChanges += change;
                sumOfSquaredChanges += change * change;
                sumOfSquares += squares[row];
                if (agrees[row]) agreeing++;
                divergences[count++] = stepDivergences[row];
                tokens.compared(
                        ids,
                        from + 1 + row,
                        natsA[row],
                        natsB[row],
                        stepDivergences[row],
                        agrees[row]);
            }
            return sumA;
        }

        /// `sum p_a (ln p_a - ln p_b) = sum p_a (x - y) - ln sum e^x + ln sum e^y` for logits `x`
        /// of `a` and `y` of `b`, in one pass after that for the largest.
        private void compare(int row, int target) {
            int vocab = a.vocab();
            int at = row * vocab;
            float[] x = a.logits();
            float[] y = b.logits();
            int bestA = largest(x, at, vocab);
            int bestB = largest(y, at, vocab);
            double sumOfA = 0;
            double sumOfB = 0;
            double weighted = 0;
            double square = 0;
            for (int i = at; i < at + vocab; i++) {
                double difference = (double) x[i] - y[i];
                double weight = Math.exp((double) x[i] - x[bestA]);
                sumOfA += weight;
                sumOfB += Math.exp((double) y[i] - y[bestB]);
                weighted += weight * difference;
                square += difference * difference;
            }
            double logA = x[bestA] + Math.log(sumOfA);
            double logB = y[bestB] + Math.log(sumOfB);
            natsA[row] = logA - x[at + target];
            natsB[row] = logB - y[at + target];
            squares[row] = square;
            agrees[row] = bestA == bestB;
            // rounding may leave a hair below zero
            stepDivergences[row] = Math.max(0, weighted / sumOfA - logA + logB);
        }

        /// The first of the largest.
        private static int largest(float[] values, int from, int count) {
            int best = from;
            for (int i = from + 1; i < from + count; i++) if (values[i] > values[best]) best = i;
            return best;
        }

        Result result(Perplexity.Result first) {
            var second =
                    new Perplexity.Result(
                            first.documents(),
                            first.bytes(),
                            first.tokens(),
                            sumB,
                            first.lossyDocuments());
            double n = count;
            double meanChange = sumOfChanges / n;
            double ratio = Math.exp(meanChange);
            double mean = 0;
            double meanOfSquares = 0;
            for (int i = 0; i < count; i++) {
                mean += divergences[i] / n;
                meanOfSquares += divergences[i] * divergences[i] / n;
            }
            double[] sorted = Arrays.copyOf(divergences, count);
            Arrays.sort(sorted);
            return new Result(
                    first,
                    second,
                    ratio - 1,
                    ratio * standardError(sumOfSquaredChanges / n, meanChange, n),
                    mean,
                    standardError(meanOfSquares, mean, n),
                    count == 0 ? Double.NaN : sorted[(int) Math.ceil(0.999 * n) - 1],
                    agreeing / n,
                    Math.sqrt(sumOfSquares / (n * a.vocab())));
        }

        /// Of a mean of `n` values.
        private static double standardError(double meanOfSquares, double mean, double n) {
            return Math.sqrt(Math.max(0, meanOfSquares - mean * mean) / (n - 1));
        }

        @Override
        public void close() {
            a.close();
            b.close();
        }
    }
}

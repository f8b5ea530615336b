package chuan.engine;

import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/// How well a model predicts texts: the log-likelihood of each document, summed over all.
///
/// The protocol, so that a number can be compared with one from elsewhere:
///
/// - A document is encoded by itself, markers in it being plain text. Bytes are those of the
///   document as UTF-8, before the tokenizer's normaliser; `lossyDocuments` says how many documents
///   the normaliser changed, for which bits per byte flatters.
/// - In front of a document stands `startId` (for our models the end id, which separates documents
///   in training), so that every token of the document is predicted and counted, the first too.
///   Without `startId` the first token is neither predicted nor counted while its bytes are: say so
///   when comparing. The end of a document is not predicted.
/// - A document longer than `window` is read in windows that advance by `stride`; each token is
///   counted once, in the first window that holds it, so all but the first `window` tokens are
///   predicted from at least `window - stride` tokens before them. `stride == window` is the cheap
///   and pessimistic way, where each window starts knowing only the one token before it.
/// - Logits in fp32 as the back end gives them, logarithms and sums in fp64.
///
/// @param startId token in front of each document; absent = none
/// @param window tokens that the model sees at once, `startId` included
/// @param stride tokens by which a window advances, at most `window - 1` unless equal to it
public record Perplexity(OptionalInt startId, int window, int stride) {

    public Perplexity {
        if (window < 2)
            throw new InvalidRequestException("window", "must be at least 2, not " + window);
        if (stride < 1 || stride > window)
            throw new InvalidRequestException(
                    "stride", "must be between 1 and the window of " + window + ", not " + stride);
    }

    /// The end id in front, windows of the model's context, half a window per stride.
    public static Perplexity of(Backend backend, Tokenizer tokenizer) {
        int context = backend.config().maxContext();
        int start = tokenizer.eosId();
        return new Perplexity(
                start < 0 ? OptionalInt.empty() : OptionalInt.of(start),
                context,
                Math.max(1, context / 2));
    }

    /// Sums over documents.
    ///
    /// @param bytes of the documents as UTF-8
    /// @param tokens counted
    /// @param nats minus the natural logarithm of the likelihood
    /// @param lossyDocuments whose decoded ids are not the document
    public record Result(
            long documents, long bytes, long tokens, double nats, long lossyDocuments) {

        static final Result NONE = new Result(0, 0, 0, 0, 0);

        public double bitsPerByte() {
            return nats / Math.log(2) / bytes;
        }

        public double bitsPerToken() {
            return nats / Math.log(2) / tokens;
        }

        /// Of a token; depends on the vocabulary, so compare only models that share it.
        public double perplexity() {
            return Math.exp(nats / tokens);
        }

        Result plus(Result other) {
            return new Result(
                    documents + other.documents,
                    bytes + other.bytes,
                    tokens + other.tokens,
                    nats + other.nats,
                    lossyDocuments + other.lossyDocuments);
        }
    }

    /// Hears how far the reading is, after every step.
    @FunctionalInterface
    public interface Progress {
        /// Called on the thread that measures.
        ///
        /// @param soFar finished documents, and of the one being read the tokens that were counted
        ///   with a like share of its bytes
        void update(Result soFar);
    }

    /// Hears every token that was predicted, each once, in the order of a document.
    @FunctionalInterface
    public interface Tokens {
        /// Called on the thread that measures.
        ///
        /// @param ids of the document, `startId` in front; not to be changed
        /// @param at where in `ids` the token is
        /// @param nats minus the natural logarithm of its probability
        void predicted(int[] ids, int at, double nats);
    }

    /// Reads documents one after the other. When cancelled it ends within a step, with the
    /// documents that were finished.
    public Result measure(
            Backend backend,
            Tokenizer tokenizer,
            Iterable<String> documents,
            Progress progress,
            Cancellation cancellation) {
        return measure(
                backend, tokenizer, documents, progress, (ids, at, nats) -> {}, cancellation);
    }

    /// The same, token by token.
    public Result measure(
            Backend backend,
            Tokenizer tokenizer,
            Iterable<String> documents,
            Progress progress,
            Tokens tokens,
            Cancellation cancellation) {
        check(backend);
        try (var scorer = new Scorer(backend, window)) {
            var nats = new double[Scorer.rows(scorer.vocab())];
            return read(
                    tokenizer,
                    documents,
                    progress,
                    cancellation,
                    nats.length,
                    new Steps() {
                        @Override
                        public void restart() {
                            scorer.restart();
                        }

                        @Override
                        public double step(int[] ids, int from, int to, boolean wanted) {
                            int rows = wanted ? to - from : 0;
                            scorer.append(ids, from, to, rows);
                            scorer.surprise(ids, to, rows, nats);
                            double sum = 0;
                            for (int row = 0; row < rows; row++) {
                                tokens.predicted(ids, from + 1 + row, nats[row]);
                                sum += nats[row];
                            }
                            return sum;
                        }
                    });
        }
    }

    /// What is done with the steps of a document.
    interface Steps {
        void restart();

        /// @return with `wanted` the nats of tokens `[from + 1, to]`, else 0
        double step(int[] ids, int from, int to, boolean wanted);
    }

    void check(Backend backend) {
        if (startId.isPresent() && startId.getAsInt() >= backend.config().vocab())
            throw new InvalidRequestException(
                    "start id", startId.getAsInt() + " is not a token of the model");
    }

    /// Leads `steps` through all documents.
    ///
    /// @param rows most tokens of a step that is wanted
    Result read(
            Tokenizer tokenizer,
            Iterable<String> documents,
            Progress progress,
            Cancellation cancellation,
            int rows,
            Steps steps) {
        var sum = Result.NONE;
        var windows = new Windows(window, stride);
        for (String document : documents) {
            int[] text = tokenizer.encode(document);
            var reading =
                    new Reading(sum, document, withStart(text), steps, progress, cancellation);
            if (!windows.read(reading.ids.length, rows, reading)) break;
            if (cancellation.isCancelled()) break;
            boolean lossy = !tokenizer.decode(text).equals(document);
            sum = reading.soFar(1).plus(new Result(0, 0, 0, 0, lossy ? 1 : 0));
            progress.update(sum);
        }
        return sum;
    }

    /// A document while it is read.
    private static final class Reading implements Windows.Reader {
        private final Result before;
        private final long bytes;
        private final int[] ids;
        private final Steps steps;
        private final Progress progress;
        private final Cancellation cancellation;

        /// `ids[0, counted)` need no prediction any more.
        private int counted = 1;

        private long tokens;
        private double nats;

        Reading(
                Result before,
                String document,
                int[] ids,
                Steps steps,
                Progress progress,
                Cancellation cancellation) {
            this.before = before;
            this.bytes = document.getBytes(StandardCharsets.UTF_8).length;
            this.ids = ids;
            this.steps = steps;
            this.progress = progress;
            this.cancellation = cancellation;
        }

        @Override
        public boolean restart() {
            steps.restart();
            return !cancellation.isCancelled();
        }

        @Override
        public boolean step(int from, int to, boolean wanted) {
            nats += steps.step(ids, from, to, wanted);
            if (wanted) {
                tokens += to - from;
                counted = to + 1;
                progress.update(soFar(0));
            }
            return !cancellation.isCancelled();
        }

        /// @param finished 1 once the document is read, else 0
        Result soFar(int finished) {
            long part = finished == 1 ? bytes : bytes * counted / ids.length;
            return before.plus(new Result(finished, part, tokens, nats, 0));
        }
    }

    int[] withStart(int[] text) {
        if (startId.isEmpty()) return text;
        int[] ids = new int[text.length + 1];
        ids[0] = startId.getAsInt();
        System.arraycopy(text, 0, ids, 1, text.length);
        return ids;
    }

    @Override
    public String toString() {
        return "windows of "
                + window
                + " tokens, advancing by "
                + stride
                + (startId.isPresent()
                        ? ", token " + startId.getAsInt() + " in front of each document"
                        : ", nothing in front of a document");
    }
}

package chuan.engine;

import chuan.model.Backend;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantLock;

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

    /// Rows of logits per step: bounds the memory to this many times the vocabulary.
    private static final int ROWS = 32;

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

    /// Hears how far the reading is, after every window.
    @FunctionalInterface
    public interface Progress {
        /// Called on the thread that measures.
        ///
        /// @param soFar finished documents, and of the one being read the tokens that were counted
        ///   with a like share of its bytes
        void update(Result soFar);
    }

    /// Reads documents one after the other. When cancelled it ends within a window, with the
    /// documents that were finished.
    public Result measure(
            Backend backend,
            Tokenizer tokenizer,
            Iterable<String> documents,
            Progress progress,
            Cancellation cancellation) {
        if (startId.isPresent() && startId.getAsInt() >= backend.config().vocab())
            throw new InvalidRequestException(
                    "start id", startId.getAsInt() + " is not a token of the model");
        var sum = Result.NONE;
        try (var sequence = new Sequence(backend, new ReentrantLock(), window)) {
            var logits = new float[Math.multiplyExact(ROWS, backend.config().vocab())];
            for (String document : documents) {
                int[] text = tokenizer.encode(document);
                var reading = new Reading(sum, document, withStart(text), logits);
                if (!read(sequence, reading, progress, cancellation)) break;
                boolean lossy = !tokenizer.decode(text).equals(document);
                sum = reading.soFar(1).plus(new Result(0, 0, 0, 0, lossy ? 1 : 0));
                progress.update(sum);
            }
        }
        return sum;
    }

    /// A document while it is read.
    private static final class Reading {
        private final Result before;
        private final long bytes;
        private final int[] ids;
        private final float[] logits;

        /// `ids[0, counted)` need no prediction any more.
        private int counted = 1;

        private long tokens;
        private double nats;

        Reading(Result before, String document, int[] ids, float[] logits) {
            this.before = before;
            this.bytes = document.getBytes(StandardCharsets.UTF_8).length;
            this.ids = ids;
            this.logits = logits;
        }

        /// @param finished 1 once the document is read, else 0
        Result soFar(int finished) {
            long part = finished == 1 ? bytes : bytes * counted / ids.length;
            return before.plus(new Result(finished, part, tokens, nats, 0));
        }
    }

    /// @return false if cancelled
    private boolean read(
            Sequence sequence, Reading r, Progress progress, Cancellation cancellation) {
        for (int from = 0; r.counted < r.ids.length; from = nextStart(from)) {
            if (cancellation.isCancelled()) return false;
            int to = Math.min(r.ids.length, from + window);
            readWindow(sequence, r, from, to);
            r.tokens += to - r.counted;
            r.counted = to;
            progress.update(r.soFar(0));
        }
        return !cancellation.isCancelled();
    }

    /// With `stride == window` the last token of a window is the first of the next, to predict
    /// from.
    private int nextStart(int from) {
        return from + Math.min(stride, window - 1);
    }

    /// Adds minus the log-likelihood of `ids[counted, to)` given `ids[from, counted)`.
    private static void readWindow(Sequence sequence, Reading r, int from, int to) {
        sequence.forgetFrom(0);
        int vocab = r.logits.length / ROWS;
        for (int at = from; at < to - 1; ) {
            // rows before `counted - 1` predict tokens that were counted in an earlier window
            boolean silent = at < r.counted - 1;
            int end = Math.min(silent ? r.counted - 1 : to - 1, at + (silent ? 4 * ROWS : ROWS));
            sequence.append(r.ids, at, end, silent ? 0 : end - at, r.logits);
            for (int row = 0; !silent && row < end - at; row++) {
                int target = r.ids[at + row + 1];
                r.nats +=
                        TokenLogprobs.logSumExp(r.logits, row * vocab, vocab)
                                - r.logits[row * vocab + target];
            }
            at = end;
        }
    }

    private int[] withStart(int[] text) {
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

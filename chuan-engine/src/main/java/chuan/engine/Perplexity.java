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

    /// Hears of each finished document.
    @FunctionalInterface
    public interface Progress {
        void documentDone(Result soFar);
    }

    /// Reads documents one after the other; ends early, with what was counted, when cancelled.
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
        var lock = new java.util.concurrent.locks.ReentrantLock();
        try (var sequence = new Sequence(backend, lock, window)) {
            var logits = new float[Math.multiplyExact(ROWS, backend.config().vocab())];
            for (String document : documents) {
                if (cancellation.isCancelled()) break;
                sum = sum.plus(measure(sequence, tokenizer, document, logits));
                progress.documentDone(sum);
            }
        }
        return sum;
    }

    private Result measure(
            Sequence sequence, Tokenizer tokenizer, String document, float[] logits) {
        int[] text = tokenizer.encode(document);
        boolean lossy = !tokenizer.decode(text).equals(document);
        int[] ids = withStart(text);
        double nats = 0;
        long tokens = 0;
        int counted = 1; // ids[0, counted) need no prediction any more
        for (int from = 0; counted < ids.length; from = nextStart(from)) {
            int to = Math.min(ids.length, from + window);
            nats += window(sequence, ids, from, counted, to, logits);
            tokens += to - counted;
            counted = to;
        }
        return new Result(
                1, document.getBytes(StandardCharsets.UTF_8).length, tokens, nats, lossy ? 1 : 0);
    }

    /// With `stride == window` the last token of a window is the first of the next, to predict
    /// from.
    private int nextStart(int from) {
        return from + Math.min(stride, window - 1);
    }

    /// Minus the log-likelihood of `ids[counted, to)` given `ids[from, counted)`.
    private double window(
            Sequence sequence, int[] ids, int from, int counted, int to, float[] logits) {
        sequence.forgetFrom(0);
        double nats = 0;
        int vocab = logits.length / ROWS;
        for (int at = from; at < to - 1; ) {
            // rows before `counted - 1` predict tokens that were counted in an earlier window
            boolean silent = at < counted - 1;
            int end = Math.min(silent ? counted - 1 : to - 1, at + (silent ? 4 * ROWS : ROWS));
            sequence.append(ids, at, end, silent ? 0 : end - at, logits);
            for (int row = 0; !silent && row < end - at; row++) {
                int target = ids[at + row + 1];
                nats +=
                        TokenLogprobs.logSumExp(logits, row * vocab, vocab)
                                - logits[row * vocab + target];
            }
            at = end;
        }
        return nats;
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

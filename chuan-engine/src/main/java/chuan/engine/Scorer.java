package chuan.engine;

import chuan.model.Backend;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/// Follows a text with a model and says how well each next token was predicted. Owns its cache and
/// one buffer of logits. One thread at a time; within a step, rows are shared between threads, and
/// each row is summed by one of them: the same bits for any number.
final class Scorer implements AutoCloseable {
    /// Logits held at once, unless a single row has more.
    private static final int MOST_LOGITS = 1 << 22;

    private static final int MOST_ROWS = 128;

    private final Sequence sequence;
    private final int vocab;
    private final float[] logits;

    Scorer(Backend backend, int window) {
        vocab = backend.config().vocab();
        sequence = new Sequence(backend, new ReentrantLock(), window);
        logits = new float[Math.multiplyExact(rows(vocab), vocab)];
    }

    /// Rows of logits per step, for this many tokens in the vocabulary.
    static int rows(int vocab) {
        return Math.clamp(MOST_LOGITS / vocab, 1, MOST_ROWS);
    }

    int vocab() {
        return vocab;
    }

    /// The logits of the last step, `[wanted, vocab]`.
    float[] logits() {
        return logits;
    }

    /// What follows is the beginning of a text.
    void restart() {
        sequence.forgetFrom(0);
    }

    /// Appends `ids[from, to)` and keeps the logits of the last `wanted` of them.
    void append(int[] ids, int from, int to, int wanted) {
        sequence.append(ids, from, to, wanted, logits);
    }

    /// Minus the natural logarithms of the probabilities of `ids[to - rows + 1, to]` after an
    /// `append` of `[.., to)` that kept as many rows.
    ///
    /// @param nats `[rows]`, written
    void surprise(int[] ids, int to, int rows, double[] nats) {
        IntStream.range(0, rows)
                .parallel()
                .forEach(row -> {
                    int at = row * vocab;
                    int target = ids[to - rows + 1 + row];
                    nats[row] = TokenLogprobs.logSumExp(logits, at, vocab) - logits[at + target];
                });
    }

    @Override
    public void close() {
        sequence.close();
    }
}

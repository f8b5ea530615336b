package chuan.model;

/// A model loaded on some device. What an engine needs of it, and nothing about how it is done: the
/// engine never sees weights, threads or number formats.
public interface Backend extends AutoCloseable {
    ModelConfig config();

    /// One sentence for people: device, kernels and why, number format, threads.
    String description();

    /// A cache for one sequence of at most `capacity` tokens; the caller closes it.
    KvCache newCache(int capacity);

    /// Appends each slice of `batch` to its sequence and writes the logits of the last `wanted`
    /// tokens of each to `out`, slice after slice, row after row: `[batch.rows(), vocab]`. What a
    /// sequence gets does not depend on the others.
    ///
    /// Allocates nothing on a device that is warm. One call at a time per backend.
    ///
    /// @throws ContextTooLongException if the tokens of a slice do not fit into its cache
    void forward(Batch batch, float[] out);

    /// The same for one sequence: `ids[from, to)` follow what `cache` holds; `out` is `[wanted,
    /// vocab]`.
    ///
    /// @throws ContextTooLongException if the tokens do not fit into the cache
    default void forward(KvCache cache, int[] ids, int from, int to, int wanted, float[] out) {
        forward(new Batch().add(cache, ids, from, to, wanted), out);
    }

    /// Appends `ids[from, to)` to one sequence like [#forward(KvCache, int[], int, int, int,
    /// float[])], but writes what the model makes of each token, not what it expects to follow: the
    /// hidden states after the final norm, `[to - from, hidden]`.
    ///
    /// @throws ContextTooLongException if the tokens do not fit into the cache
    void hidden(KvCache cache, int[] ids, int from, int to, float[] out);

    /// Pieces of work that are independent of one another.
    interface Pieces {
        /// Does the pieces `[from, to)`.
        ///
        /// @param worker index of the calling thread, below [Backend#threads]
        void run(int worker, int from, int to);
    }

    /// Does what is no part of the model but follows each step of it, such as choosing tokens, on
    /// the threads that are there for the model. Returns when all is done. Never at the same time
    /// as a step.
    default void share(int pieces, Pieces work) {
        work.run(0, 0, pieces);
    }

    /// Threads that [#share] uses.
    default int threads() {
        return 1;
    }

    /// Bytes that the keys and values of `tokens` tokens of one sequence take.
    long kvBytes(int tokens);

    /// Bytes that the keys and values of all open caches take; what several share counts once.
    long kvUsedBytes();

    @Override
    void close();
}

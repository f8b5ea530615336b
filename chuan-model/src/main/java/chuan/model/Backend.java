package chuan.model;

/// A model loaded on some device. What an engine needs of it, and nothing about how it is done: the
/// engine never sees weights, threads or number formats.
public interface Backend extends AutoCloseable {
    ModelConfig config();

    /// One sentence for people: device, kernels and why, number format, threads.
    String description();

    /// A cache for one sequence of at most `capacity` tokens; the caller closes it.
    KvCache newCache(int capacity);

    /// Appends `ids[from, to)` to the sequence in `cache` and writes the logits of the last
    /// `wanted` of these tokens to `out`, row after row, `[wanted, vocab]`.
    ///
    /// Allocates nothing on a device that is warm. One call at a time per backend.
    ///
    /// @throws ContextTooLongException if the tokens do not fit into the cache
    void forward(KvCache cache, int[] ids, int from, int to, int wanted, float[] out);

    @Override
    void close();
}

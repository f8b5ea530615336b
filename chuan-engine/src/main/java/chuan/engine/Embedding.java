package chuan.engine;

import chuan.model.Backend;
import chuan.model.KvCache;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A text on its way to one vector: the mean of the hidden states of its tokens after the final
/// norm, scaled to length 1. Computed in pieces, so that answers go on in between. Scheduler's
/// thread, but for [#result].
final class Embedding {
    final int[] ids;
    final CompletableFuture<float[]> result = new CompletableFuture<>();
    private final double[] sum;
    private @Nullable KvCache cache;

    Embedding(int[] ids, int hidden) {
        this.ids = ids;
        sum = new double[hidden];
    }

    boolean isStarted() {
        return cache != null;
    }

    /// Computes up to `tokens` more.
    ///
    /// @param rows room for their hidden states
    /// @return whether that was all
    boolean step(Backend backend, int tokens, float[] rows) {
        if (cache == null) cache = backend.newCache(ids.length);
        int from = cache.length();
        int to = Math.min(ids.length, from + tokens);
        backend.hidden(cache, ids, from, to, rows);
        for (int t = 0; t < to - from; t++)
            for (int i = 0; i < sum.length; i++) sum[i] += rows[t * sum.length + i];
        return to == ids.length;
    }

    /// Hands the vector over.
    void finish() {
        result.complete(normalized());
    }

    private float[] normalized() {
        double squares = 0;
        for (double value : sum) squares += value * value;
        double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
        var vector = new float[sum.length];
        for (int i = 0; i < vector.length; i++) vector[i] = (float) (sum[i] * scale);
        return vector;
    }

    /// Gives its memory back.
    void close() {
        if (cache != null) cache.close();
        cache = null;
    }
}

package chuan.model;

import java.util.Arrays;

/// The slow and certain way to run a model: [ReferenceOps] over fp32 rows. For small models, for
/// comparing the fast ways with, and for `--kernels reference`.
public final class ReferenceBackend implements Backend {
    private final Decoder<float[][]> decoder;

    /// @param weights as rows; kept, not copied
    public ReferenceBackend(ModelConfig config, Weights<float[][]> weights) {
        this.decoder = new Decoder<>(config, weights);
    }

    @Override
    public ModelConfig config() {
        return decoder.config();
    }

    @Override
    public String description() {
        return "reference loops in Java, fp32 weights, fp64 sums, 1 thread";
    }

    @Override
    public KvCache newCache(int capacity) {
        return new Cache(new ReferenceOps(config()), capacity);
    }

    @Override
    public void forward(KvCache cache, int[] ids, int from, int to, int wanted, float[] out) {
        if (!(cache instanceof Cache own))
            throw new IllegalArgumentException("a cache of another back end");
        int tokens = to - from;
        if (tokens <= 0 || wanted < 0 || wanted > tokens)
            throw new IllegalArgumentException(wanted + " rows wanted of " + tokens + " tokens");
        if (own.length() + tokens > own.capacity)
            throw new ContextTooLongException((long) own.length() + tokens, own.capacity);
        var rows = new int[wanted];
        for (int i = 0; i < wanted; i++) rows[i] = tokens - wanted + i;
        float[][] logits = decoder.logits(own.ops, Arrays.copyOfRange(ids, from, to), rows);
        for (int i = 0; i < wanted; i++)
            System.arraycopy(logits[i], 0, out, i * config().vocab(), config().vocab());
    }

    @Override
    public void close() {}

    private record Cache(ReferenceOps ops, int capacity) implements KvCache {
        @Override
        public int length() {
            return ops.length();
        }

        @Override
        public void truncate(int length) {
            ops.truncate(length);
        }

        @Override
        public void close() {}
    }
}

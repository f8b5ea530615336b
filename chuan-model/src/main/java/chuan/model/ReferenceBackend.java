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

    /// One sequence after the other.
    @Override
    public void forward(Batch batch, float[] out) {
        batch.checkRoom(out, config().vocab());
        int row = 0;
        for (int slice = 0; slice < batch.size(); slice++)
            for (float[] logits : logits(batch, slice))
                System.arraycopy(logits, 0, out, row++ * config().vocab(), config().vocab());
    }

    private float[][] logits(Batch batch, int slice) {
        if (!(batch.cache(slice) instanceof Cache own))
            throw new IllegalArgumentException("a cache of another back end");
        int from = batch.from(slice);
        int to = batch.to(slice);
        int tokens = to - from;
        if (tokens == 0) return new float[0][];
        if (own.length() + tokens > own.capacity)
            throw new ContextTooLongException((long) own.length() + tokens, own.capacity);
        var rows = new int[batch.wanted(slice)];
        for (int i = 0; i < rows.length; i++) rows[i] = tokens - rows.length + i;
        return decoder.logits(own.ops, Arrays.copyOfRange(batch.ids(slice), from, to), rows);
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

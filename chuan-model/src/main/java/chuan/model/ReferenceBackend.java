package chuan.model;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The slow and certain way to run a model: [ReferenceOps] over fp32 rows. For small models, for
/// comparing the fast ways with, and for `--kernels reference`.
public final class ReferenceBackend implements Backend {
    private final Decoder<float[][]> decoder;
    private final Set<Cache> open = ConcurrentHashMap.newKeySet();

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
        var cache = new Cache(capacity);
        open.add(cache);
        return cache;
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
        int from = batch.from(slice);
        int to = batch.to(slice);
        if (to == from) return new float[0][];
        var own = room(batch.cache(slice), to - from);
        var rows = new int[batch.wanted(slice)];
        for (int i = 0; i < rows.length; i++) rows[i] = to - from - rows.length + i;
        return decoder.logits(own.ops, Arrays.copyOfRange(batch.ids(slice), from, to), rows);
    }

    @Override
    public void hidden(KvCache cache, int[] ids, int from, int to, float[] out) {
        if (to == from) return;
        var own = room(cache, to - from);
        int width = config().hidden();
        var rows = decoder.hidden(own.ops, Arrays.copyOfRange(ids, from, to));
        for (int i = 0; i < rows.length; i++) System.arraycopy(rows[i], 0, out, i * width, width);
    }

    private Cache room(KvCache cache, int tokens) {
        if (!(cache instanceof Cache own) || own.owner != this)
            throw new IllegalArgumentException("a cache of another back end");
        if (own.length() + tokens > own.capacity)
            throw new ContextTooLongException((long) own.length() + tokens, own.capacity);
        return own;
    }

    @Override
    public long kvBytes(int tokens) {
        return tokens * KvType.F32.bytesPerToken(config());
    }

    @Override
    public long kvUsedBytes() {
        long sum = 0;
        for (Cache cache : open) sum += kvBytes(cache.length());
        return sum;
    }

    @Override
    public void close() {}

    private final class Cache implements KvCache {
        private final ReferenceBackend owner = ReferenceBackend.this;
        private final ReferenceOps ops = new ReferenceOps(config());
        private final int capacity;

        Cache(int capacity) {
            this.capacity = capacity;
        }

        @Override
        public int length() {
            return ops.length();
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public void truncate(int length) {
            ops.truncate(length);
        }

        @Override
        public void adopt(KvCache other, int length) {
            if (length() > 0 || length > capacity || length > other.length())
                throw new IllegalArgumentException(
                        "cannot take over %d of %d tokens behind %d, with room for %d"
                                .formatted(length, other.length(), length(), capacity));
            ops.adopt(((Cache) other).ops, length);
        }

        @Override
        public void close() {
            open.remove(this);
        }
    }
}

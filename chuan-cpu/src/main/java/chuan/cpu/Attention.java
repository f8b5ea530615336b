package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Causal attention over a [CpuKvCache]: a row of scores per query and head, never a square of
/// them. The ALiBi penalty is the relative distance times the slope, in fp32; rotary models turn
/// queries and keys first. Query heads that share a key head read the same keys.
final class Attention {
    private final Kernels kernels;
    private final WorkerPool pool;
    private final float[][] scratch;
    private final ModelConfig config;

    /// Per query head; zeros for a model without ALiBi.
    private final float[] slopes;

    private final float scale;
    private final Job job = new Job();

    /// Per worker, one row of scores.
    private final float[][] scores;

    private @Nullable Rotary rotary;
    private @Nullable CpuKvCache cache;

    /// @param scratch per worker, for the kernels
    Attention(ModelConfig config, Kernels kernels, WorkerPool pool, float[][] scratch) {
        this.config = config;
        this.kernels = kernels;
        this.pool = pool;
        this.scratch = scratch;
        scores = new float[pool.threads()][];
        Arrays.setAll(scores, _ -> new float[0]);
        scale = (float) (1 / Math.sqrt(config.headDim()));
        slopes = new float[config.heads()];
        if (config.position() instanceof Position.Alibi)
            for (int h = 0; h < slopes.length; h++)
                slopes[h] = (float) Position.Alibi.slope(h, slopes.length);
    }

    /// The next rows follow what `newCache` holds.
    void begin(CpuKvCache newCache) {
        cache = newCache;
        for (int i = 0; i < scores.length; i++)
            if (scores[i].length < newCache.paddedPositions())
                scores[i] = new float[newCache.paddedPositions()];
        if (config.position() instanceof Position.Rope(double theta)
                && (rotary == null || rotary.positions() < newCache.capacity()))
            rotary = new Rotary(theta, config.headDim(), newCache.capacity());
    }

    /// Width of the result.
    int width() {
        return config.queryWidth();
    }

    /// Stores keys and values of the rows of `qkv` (spending it) and attends: `out` is `[rows,
    /// queryWidth]`.
    void attend(int layer, Activation qkv, Activation out) {
        if (qkv.width() != config.qkvWidth())
            throw new IllegalArgumentException(
                    "attend: width " + qkv.width() + " meets " + config.qkvWidth());
        var kv = Objects.requireNonNull(cache, "no step has begun");
        for (int r = 0; r < qkv.rows(); r++) store(kv, layer, qkv, r);
        job.qkv = qkv.data();
        job.rows = qkv.rows();
        job.out = out.data();
        job.keys = kv.keys(layer);
        job.values = kv.values(layer);
        job.cache = kv;
        long keys = kv.length() + Math.ceilDiv(qkv.rows(), 2L);
        int pieces = Math.multiplyExact(config.heads(), qkv.rows());
        CpuOps.share(pool, pieces, 2 * keys * config.headDim(), job);
    }

    private void store(CpuKvCache kv, int layer, Activation qkv, int row) {
        int position = kv.length() + row;
        int dim = config.headDim();
        float[] x = qkv.data();
        int at = row * qkv.width();
        int key = at + config.queryWidth();
        int value = key + config.kvWidth();
        if (rotary != null) {
            rotary.turn(x, at, config.heads(), position);
            rotary.turn(x, key, config.kvHeads(), position);
        }
        float[] keys = kv.keys(layer);
        float[] values = kv.values(layer);
        for (int head = 0; head < config.kvHeads(); head++) {
            int to = kv.headAt(head) + kv.keyAt(position);
            for (int i = 0; i < dim; i++) keys[to + i * Kernels.LANES] = x[key + head * dim + i];
            System.arraycopy(
                    x, value + head * dim, values, kv.headAt(head) + kv.valueAt(position), dim);
        }
    }

    /// A piece is one query row and head; the rows of a head follow one another.
    private final class Job implements WorkerPool.Job {
        private float[] qkv = new float[0];
        private float[] out = qkv;
        private float[] keys = qkv;
        private float[] values = qkv;
        private int rows;
        private @Nullable CpuKvCache cache;

        @Override
        public void run(int worker, int from, int to) {
            var kv = Objects.requireNonNull(cache);
            int dim = config.headDim();
            int group = config.heads() / config.kvHeads();
            float[] weights = scores[worker];
            for (int piece = from; piece < to; piece++) {
                int head = piece / rows;
                int row = piece % rows;
                int n = kv.length() + row + 1;
                int q = row * config.qkvWidth() + head * dim;
                int at = kv.headAt(head / group);
                kernels.scores(qkv, q, keys, at, dim, n, scale, slopes[head], weights);
                float sum = kernels.exponentials(weights, n, scratch[worker]);
                int to0 = row * config.queryWidth() + head * dim;
                kernels.weightedSum(weights, n, values, at, dim, 1 / sum, out, to0);
            }
        }
    }
}

package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Causal attention of the rows of a [Step] over their caches: a row of scores per query and head,
/// never a square of them. The ALiBi penalty is the relative distance times the slope, in fp32;
/// rotary models turn queries and keys first. Query heads that share a key head read the same keys.
final class Attention {
    /// Positions for which tables are made at first.
    private static final long FIRST_POSITIONS = 512;

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

    private Step step = new Step(0);
    private int[] runOfRow = new int[0];

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
        for (int h = 0; h < slopes.length; h++)
            slopes[h] = (float) config.position().slope(h, slopes.length);
    }

    /// The rows to come. Takes the memory they need.
    ///
    /// @throws KvMemoryException if there is none
    void begin(Step newStep) {
        step = newStep;
        int positions = 0;
        if (runOfRow.length < newStep.rows()) runOfRow = new int[newStep.rows()];
        for (int run = 0; run < newStep.runs(); run++) {
            var cache = newStep.cache(run);
            int rows = newStep.end(run) - newStep.start(run);
            cache.reserve(rows);
            Arrays.fill(runOfRow, newStep.start(run), newStep.end(run), run);
            positions = Math.max(positions, cache.length() + rows);
        }
        for (int i = 0; i < scores.length; i++)
            if (scores[i].length < padded(positions))
                scores[i] = new float[padded(grown(scores[i].length, positions))];
        if (config.position() instanceof Position.Rope rope
                && (rotary == null || rotary.positions() < positions)) {
            int known = rotary == null ? 0 : rotary.positions();
            rotary = new Rotary(rope.frequencies(config.headDim()), grown(known, positions));
        }
    }

    /// At least `needed`, and twice what there was, so that growing costs nothing in the long run;
    /// no more than the caches can hold.
    private int grown(int old, int needed) {
        int most = 0;
        for (int run = 0; run < step.runs(); run++)
            most = Math.max(most, step.cache(run).capacity());
        return (int) Math.max(needed, Math.min(most, Math.max(FIRST_POSITIONS, 2L * old)));
    }

    /// The kernels write whole groups of positions.
    private static int padded(int positions) {
        return Math.multiplyExact(Math.ceilDiv(positions, KvPages.POSITIONS), KvPages.POSITIONS);
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
        if (qkv.rows() != step.rows())
            throw new IllegalArgumentException(
                    "attend: " + qkv.rows() + " rows in a step of " + step.rows());
        for (int r = 0; r < qkv.rows(); r++) store(layer, qkv, r);
        job.qkv = qkv.data();
        job.rows = qkv.rows();
        job.out = out.data();
        job.layer = layer;
        long keys = 0;
        for (int run = 0; run < step.runs(); run++)
            keys = Math.max(keys, step.cache(run).length() + (step.end(run) - step.start(run)) / 2);
        int pieces = Math.multiplyExact(config.heads(), qkv.rows());
        CpuOps.share(pool, pieces, 2 * keys * config.headDim(), job);
    }

    private int position(int row) {
        int run = runOfRow[row];
        return step.cache(run).length() + row - step.start(run);
    }

    private void store(int layer, Activation qkv, int row) {
        var kv = step.cache(runOfRow[row]);
        int position = position(row);
        int dim = config.headDim();
        float[] x = qkv.data();
        int at = row * qkv.width();
        int key = at + config.queryWidth();
        int value = key + config.kvWidth();
        if (rotary != null) {
            rotary.turn(x, at, config.heads(), position);
            rotary.turn(x, key, config.kvHeads(), position);
        }
        var pages = kv.pool();
        var format = pages.format();
        long page = kv.page(position / KvPages.POSITIONS);
        int place = position % KvPages.POSITIONS;
        for (int head = 0; head < config.kvHeads(); head++) {
            long keys = page + pages.keysAt(layer, head);
            long values = page + pages.valuesAt(layer, head);
            long scales = pages.scalesAt();
            format.putKey(keys, keys + scales, place, x, key + head * dim, dim);
            format.putValue(values, values + scales, place, x, value + head * dim, dim);
        }
    }

    /// A piece is one query row and head; the rows of a head follow one another.
    private final class Job implements WorkerPool.Job {
        private float[] qkv = new float[0];
        private float[] out = qkv;
        private int rows;
        private int layer;

        @Override
        public void run(int worker, int from, int to) {
            int dim = config.headDim();
            for (int piece = from; piece < to; piece++) {
                int head = piece / rows;
                int row = piece % rows;
                var kv = step.cache(runOfRow[row]);
                int n = position(row) + 1;
                int q = row * config.qkvWidth() + head * dim;
                int at = row * config.queryWidth() + head * dim;
                float[] weights = scores[worker];
                score(kv, head, q, n, weights);
                float sum = kernels.exponentials(weights, n, scratch[worker]);
                Arrays.fill(out, at, at + dim, 0);
                add(kv, head, n, weights, at);
                float factor = 1 / sum;
                for (int i = at; i < at + dim; i++) out[i] *= factor;
            }
        }

        /// Scores of the query at `qkv[q..]` against `n` keys, page by page.
        private void score(CpuKvCache kv, int head, int q, int n, float[] weights) {
            var pages = kv.pool();
            long keysAt = pages.keysAt(layer, keyHead(head));
            for (int first = 0; first < n; first += KvPages.POSITIONS) {
                long keys = kv.page(first / KvPages.POSITIONS) + keysAt;
                kernels.scores(
                        qkv,
                        q,
                        pages.format(),
                        keys,
                        keys + pages.scalesAt(),
                        config.headDim(),
                        Math.min(KvPages.POSITIONS, n - first),
                        scale,
                        slopes[head],
                        n - 1 - first,
                        weights,
                        first);
            }
        }

        /// The weighted sum of `n` values, page by page, to `out[at..]`.
        private void add(CpuKvCache kv, int head, int n, float[] weights, int at) {
            var pages = kv.pool();
            long valuesAt = pages.valuesAt(layer, keyHead(head));
            for (int first = 0; first < n; first += KvPages.POSITIONS) {
                long values = kv.page(first / KvPages.POSITIONS) + valuesAt;
                kernels.addWeighted(
                        weights,
                        first,
                        Math.min(KvPages.POSITIONS, n - first),
                        pages.format(),
                        values,
                        values + pages.scalesAt(),
                        config.headDim(),
                        out,
                        at);
            }
        }

        private int keyHead(int head) {
            return head / (config.heads() / config.kvHeads());
        }
    }
}

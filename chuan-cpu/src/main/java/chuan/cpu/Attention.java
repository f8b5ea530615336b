package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Causal attention of the rows of a [Step] over their caches, a page of keys and values at a time:
/// neither a square nor a row of scores of the whole context exists. The ALiBi penalty is the
/// relative distance times the slope, in fp32; rotary models turn queries and keys first.
///
/// The work is cut into tiles ([AttentionTile]): the rows of one sequence that stand in one page,
/// and one key head.
final class Attention {
    /// Positions for which tables are made at first.
    private static final long FIRST_POSITIONS = 512;

    /// Storing an element of a key and of a value costs as much as this many multiply-adds of a
    /// matrix: those of a key go to a cache line each.
    private static final long STORE_COST = 100;

    /// What a multiply-add with an element of a key or a value costs, which mostly comes from
    /// memory for it alone.
    private static final long ELEMENT_COST = 8;

    private final WorkerPool pool;
    private final ModelConfig config;

    /// Per worker.
    private final AttentionTile[] tiles;

    private final boolean windows;
    private final StoreJob storeJob = new StoreJob();
    private final AttendJob attendJob = new AttendJob();
    private @Nullable Rotary rotary;

    // the step at hand
    private Step step = new Step(0);
    private int layer;
    private float[] qkv = new float[0];
    private float[] out = qkv;

    /// Per tile of rows, the run it belongs to, its first row, and the end of its rows.
    private int[] tileRun = new int[0];

    private int[] tileStart = tileRun;
    private int[] tileEnd = tileRun;
    private int tileCount;

    /// Multiply-adds of a tile of rows and a key head, in the mean.
    private long tileWork;

    /// @param window whether pages that cannot matter are left out
    Attention(ModelConfig config, Kernels kernels, WorkerPool pool, Window window) {
        this.config = config;
        this.pool = pool;
        var slopes = new float[config.heads()];
        for (int h = 0; h < slopes.length; h++)
            slopes[h] = (float) config.position().slope(h, slopes.length);
        windows = window == Window.AUTO && config.position() instanceof Position.Alibi;
        tiles = new AttentionTile[pool.threads()];
        Arrays.setAll(tiles, _ -> new AttentionTile(config, kernels, slopes, windows));
    }

    /// The rows to come. Takes the memory they need.
    ///
    /// @throws KvMemoryException if there is none
    void begin(Step newStep) {
        step = newStep;
        if (tileRun.length < newStep.rows()) {
            tileRun = new int[newStep.rows()];
            tileStart = new int[newStep.rows()];
            tileEnd = new int[newStep.rows()];
        }
        tileCount = 0;
        long pairs = 0;
        int positions = 0;
        for (int run = 0; run < newStep.runs(); run++) {
            newStep.cache(run).reserve(newStep.end(run) - newStep.start(run));
            pairs += cutIntoTiles(run);
            positions = Math.max(positions, position(run, newStep.end(run)));
        }
        int group = config.heads() / config.kvHeads();
        long products = ELEMENT_COST * 2 * pairs * group;
        long stores = STORE_COST * newStep.rows();
        tileWork = (products + stores) * config.headDim() / Math.max(1, tileCount);
        if (config.position() instanceof Position.Rope rope
                && (rotary == null || rotary.positions() < positions)) {
            int known = rotary == null ? 0 : rotary.positions();
            rotary = new Rotary(rope.frequencies(config.headDim()), grown(known, positions));
        }
    }

    /// @return pairs of a query and a key
    private long cutIntoTiles(int run) {
        long pairs = 0;
        for (int row = step.start(run); row < step.end(run); ) {
            int at = position(run, row);
            int end = Math.min(step.end(run), row + KvPages.POSITIONS - at % KvPages.POSITIONS);
            tileRun[tileCount] = run;
            tileStart[tileCount] = row;
            tileEnd[tileCount] = end;
            tileCount++;
            pairs += (long) (end - row) * (at + 1);
            row = end;
        }
        return pairs;
    }

    /// Where in its sequence a row of a run stands.
    private int position(int run, int row) {
        return step.cache(run).length() + row - step.start(run);
    }

    /// At least `needed`, and twice what there was, so that growing costs nothing in the long run;
    /// no more than the caches can hold.
    private int grown(int old, int needed) {
        int most = 0;
        for (int run = 0; run < step.runs(); run++)
            most = Math.max(most, step.cache(run).capacity());
        return (int) Math.max(needed, Math.min(most, Math.max(FIRST_POSITIONS, 2L * old)));
    }

    /// Width of the result.
    int width() {
        return config.queryWidth();
    }

    /// Stores keys and values of the rows of `qkv` (spending it) and attends: `out` is `[rows,
    /// queryWidth]`.
    void attend(int inLayer, Activation packed, Activation result) {
        if (packed.width() != config.qkvWidth())
            throw new IllegalArgumentException(
                    "attend: width " + packed.width() + " meets " + config.qkvWidth());
        if (packed.rows() != step.rows())
            throw new IllegalArgumentException(
                    "attend: " + packed.rows() + " rows in a step of " + step.rows());
        layer = inLayer;
        qkv = packed.data();
        out = result.data();
        if (!storesItself()) {
            int stores = Math.multiplyExact(step.runs(), config.kvHeads());
            long elements = (long) step.rows() * config.kvWidth();
            CpuOps.share(pool, stores, STORE_COST * elements / Math.max(1, stores), storeJob);
        }
        int pieces = Math.multiplyExact(tileCount, config.kvHeads());
        CpuOps.share(pool, pieces, tileWork, attendJob);
    }

    /// Whether whoever attends to a tile has stored its keys and values just before, as where every
    /// sequence has one tile: what he wrote, no other core has to fetch.
    private boolean storesItself() {
        return tileCount == step.runs();
    }

    /// Pairs of a query and an earlier page that there were so far.
    long pagesConsidered() {
        long sum = 0;
        for (AttentionTile tile : tiles) sum += tile.considered();
        return sum;
    }

    /// Those of them whose page was left out.
    long pagesLeftOut() {
        long sum = 0;
        for (AttentionTile tile : tiles) sum += tile.leftOut();
        return sum;
    }

    /// A piece is a run of rows and a key head.
    private final class StoreJob implements WorkerPool.Job {
        @Override
        public void run(int worker, int from, int to) {
            for (int piece = from; piece < to; piece++)
                store(piece / config.kvHeads(), piece % config.kvHeads());
        }

        private void store(int run, int head) {
            int dim = config.headDim();
            int group = config.heads() / config.kvHeads();
            for (int row = step.start(run); row < step.end(run); row++) {
                int position = position(run, row);
                int at = row * config.qkvWidth();
                int key = at + config.queryWidth() + head * dim;
                if (rotary != null) {
                    rotary.turn(qkv, at + head * group * dim, group, position);
                    rotary.turn(qkv, key, 1, position);
                }
                put(step.cache(run), head, position, key, key + config.kvWidth());
            }
        }

        private void put(CpuKvCache kv, int head, int position, int key, int value) {
            var pages = kv.pool();
            var format = pages.format();
            int dim = config.headDim();
            int page = position / KvPages.POSITIONS;
            int place = position % KvPages.POSITIONS;
            long keys = kv.page(page) + pages.keysAt(layer, head);
            long values = kv.page(page) + pages.valuesAt(layer, head);
            long scales = pages.scalesAt();
            format.putKey(keys, keys + scales, place, qkv, key, dim);
            format.putValue(values, values + scales, place, qkv, value, dim);
            // from now on later pages may leave it out
            if (windows && place == KvPages.POSITIONS - 1)
                kv.longestKey(
                        page,
                        layer,
                        head,
                        format.longestKey(keys, keys + scales, KvPages.POSITIONS, dim));
        }
    }

    /// A piece is a tile of rows and a key head; the tiles of a head follow one another.
    private final class AttendJob implements WorkerPool.Job {
        @Override
        public void run(int worker, int from, int to) {
            boolean together = storesItself();
            for (int piece = from; piece < to; piece++) {
                int tile = piece % tileCount;
                int head = piece / tileCount;
                int start = tileStart[tile];
                if (together) storeJob.store(tileRun[tile], head);
                tiles[worker].attend(
                        step.cache(tileRun[tile]),
                        layer,
                        head,
                        position(tileRun[tile], start),
                        start,
                        tileEnd[tile] - start,
                        qkv,
                        out);
            }
        }
    }
}

package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.Gemm;
import chuan.model.ModelConfig;

/// Causal attention of each row of a batch, within its documents. A block of queries at a time
/// meets all keys that it may see; of the weights nothing is kept but the logarithm of their sum,
/// from which they are computed again backwards (Dao et al. 2022, "FlashAttention"). Positions
/// enter by relative ALiBi or by turning queries and keys.
///
/// A piece of work is one key/value head of one row of the batch with the query heads that share
/// it.
final class Attend implements Node {
    /// Queries of a block: four tiles of twelve.
    private static final int BLOCK = 48;

    private final Step step;
    private final ModelConfig config;
    private final int sequences;
    private final int tokens;
    private final Value qkv;
    private final Value out;

    /// `[sequences * heads, tokens]`.
    private final Buffer logSums;

    private final Rotation rotation;
    private final AttendScratch layout;
    private final float scale;
    private final WorkerPool.Job forward = this::forward;
    private final WorkerPool.Job backward = this::backward;

    Attend(
            Step step,
            ModelConfig config,
            int sequences,
            int tokens,
            Value qkv,
            Value out,
            Buffer logSums,
            Rotation rotation) {
        this.step = step;
        this.config = config;
        this.sequences = sequences;
        this.tokens = tokens;
        this.qkv = qkv;
        this.out = out;
        this.logSums = logSums;
        this.rotation = rotation;
        layout = new AttendScratch(tokens, config.headDim(), BLOCK, !rotation.isNone());
        scale = (float) (1 / Math.sqrt(config.headDim()));
    }

    /// Bytes of scratch that each thread needs.
    static long ownBytes(ModelConfig config, int tokens, boolean turns) {
        return new AttendScratch(tokens, config.headDim(), BLOCK, turns).bytes()
                + Gemm.scratchBytes(tokens);
    }

    @Override
    public boolean rereads(Value value) {
        return true;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(sequences * config.kvHeads(), 1, forward);
    }

    @Override
    public void backward(Step now) {
        now.pool.run(sequences * config.kvHeads(), 1, backward);
    }

    private void forward(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++)
            new Head(worker, piece / config.kvHeads(), piece % config.kvHeads()).forward();
    }

    private void backward(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++)
            new Head(worker, piece / config.kvHeads(), piece % config.kvHeads()).backward();
    }

    /// One key/value head of one row of the batch, on one thread.
    private final class Head {
        private final int sequence;
        private final int kvHead;
        private final int dim = config.headDim();
        private final long base;
        private final long tile;
        private final float[] sums;
        private final long qkvRow = qkv.stride();
        private final long outRow = out.stride();
        private long keys;
        private long keyRow;
        private final long values;

        Head(int worker, int sequence, int kvHead) {
            this.sequence = sequence;
            this.kvHead = kvHead;
            base = step.scratch.own(worker);
            tile = base + layout.bytes();
            sums = step.scratch.sums(worker);
            keys = at(qkv.data.address(), config.heads() + kvHead);
            keyRow = qkvRow;
            values = at(qkv.data.address(), config.heads() + config.kvHeads() + kvHead);
        }

        /// The first row of the sequence, at a head of queries, keys or values.
        private long at(long address, int head) {
            return address + sequence * (long) tokens * qkvRow + (long) head * dim * Float.BYTES;
        }

        private void packKeys() {
            if (!rotation.isNone()) {
                long turned = base + layout.keys();
                rotation.turn(keys, keyRow, 0, tokens, turned, layout.dimRow());
                keys = turned;
                keyRow = layout.dimRow();
            }
            layout.packAcross(step.gemm, keys, keyRow, base + layout.keysAcross());
        }

        void forward() {
            packKeys();
            layout.packAlong(step.gemm, values, qkvRow, 0, tokens, base + layout.valuesAlong());
            int group = config.heads() / config.kvHeads();
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
                for (int q = 0; q < tokens; q += BLOCK)
                    forward(head, q, Math.min(BLOCK, tokens - q));
        }

        private void forward(int head, int q, int rows) {
            int low = low(q);
            scores(head, q, rows, low);
            int width = layout.padded(q + rows) - low;
            float slope = slope(head);
            for (int i = 0; i < rows; i++) {
                long row = base + layout.scores() + i * layout.row() + bytes(low);
                int last = q + i - low;
                float logSum =
                        step.kernels.softmax(
                                row, start(q + i) - low, last, width, scale, slope, sums);
                Floats.put(logSums.address(), logSum(head, q + i), logSum);
            }
            multiply(
                    base + layout.scores() + bytes(low),
                    layout.row(),
                    Float.BYTES,
                    rows,
                    base + layout.valuesAlong(),
                    tokens,
                    low,
                    q + rows - low,
                    outAt(out.data.address(), head, q),
                    outRow,
                    false);
        }

        void backward() {
            packKeys();
            layout.packAcross(step.gemm, values, qkvRow, base + layout.valuesAcross());
            layout.packAlong(step.gemm, keys, keyRow, 0, tokens, base + layout.keysAlong());
            long dValues = at(qkv.gradient(), config.heads() + config.kvHeads() + kvHead);
            long dKeys = at(qkv.gradient(), config.heads() + kvHead);
            long dKeyRow = qkvRow;
            if (!rotation.isNone()) {
                dKeys = base + layout.dKeys();
                dKeyRow = layout.dimRow();
            }
            for (int t = 0; t < tokens; t++) {
                Floats.clear(dKeys + t * dKeyRow, dim);
                Floats.clear(dValues + t * qkvRow, dim);
            }
            int group = config.heads() / config.kvHeads();
            for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
                for (int q = 0; q < tokens; q += BLOCK)
                    backward(head, q, Math.min(BLOCK, tokens - q), dKeys, dKeyRow, dValues);
            if (!rotation.isNone())
                rotation.turnBack(
                        dKeys,
                        dKeyRow,
                        0,
                        tokens,
                        at(qkv.gradient(), config.heads() + kvHead),
                        qkvRow);
        }

        private void backward(int head, int q, int rows, long dKeys, long dKeyRow, long dValues) {
            int low = low(q);
            long query = scores(head, q, rows, low);
            long queryRow = rotation.isNone() ? qkvRow : layout.dimRow();
            long dOut = outAt(out.gradient(), head, q);
            across(dOut, outRow, rows, base + layout.valuesAcross(), q, low, layout.dScores());
            weights(head, q, rows, low, dOut);
            int seen = q + rows - low;
            long weights = base + layout.scores() + bytes(low);
            long dScores = base + layout.dScores() + bytes(low);
            long block = base + layout.block();

            layout.packAlong(step.gemm, dOut, outRow, 0, rows, block);
            multiply(
                    weights,
                    Float.BYTES,
                    layout.row(),
                    seen,
                    block,
                    rows,
                    0,
                    rows,
                    dValues + low * qkvRow,
                    qkvRow,
                    true);
            layout.packAlong(step.gemm, query, queryRow, 0, rows, block);
            multiply(
                    dScores,
                    Float.BYTES,
                    layout.row(),
                    seen,
                    block,
                    rows,
                    0,
                    rows,
                    dKeys + low * dKeyRow,
                    dKeyRow,
                    true);
            long dQuery = at(qkv.gradient(), head) + q * qkvRow;
            boolean turns = !rotation.isNone();
            multiply(
                    dScores,
                    layout.row(),
                    Float.BYTES,
                    rows,
                    base + layout.keysAlong(),
                    tokens,
                    low,
                    seen,
                    turns ? base + layout.queries() : dQuery,
                    turns ? layout.dimRow() : qkvRow,
                    false);
            if (turns)
                rotation.turnBack(
                        base + layout.queries(), layout.dimRow(), q, rows, dQuery, qkvRow);
        }

        /// Scores and gradients of weights become weights and gradients of scores.
        private void weights(int head, int q, int rows, int low, long dOut) {
            int width = layout.padded(q + rows) - low;
            long o = outAt(out.data.address(), head, q);
            float slope = slope(head);
            for (int i = 0; i < rows; i++) {
                long row = i * layout.row() + bytes(low);
                float delta = step.kernels.dot(dOut + i * outRow, o + i * outRow, dim, sums);
                step.kernels.softmaxGradient(
                        base + layout.scores() + row,
                        base + layout.dScores() + row,
                        start(q + i) - low,
                        q + i - low,
                        width,
                        scale,
                        slope,
                        Floats.get(logSums.address(), logSum(head, q + i)),
                        delta);
            }
        }

        /// Dot products of a block of queries with keys from `low` on.
        ///
        /// @return where the queries are
        private long scores(int head, int q, int rows, int low) {
            long query = at(qkv.data.address(), head) + q * qkvRow;
            long row = qkvRow;
            if (!rotation.isNone()) {
                long turned = base + layout.queries();
                rotation.turn(query, qkvRow, q, rows, turned, layout.dimRow());
                query = turned;
                row = layout.dimRow();
            }
            across(query, row, rows, base + layout.keysAcross(), q, low, layout.scores());
            return query;
        }

        /// Products of rows with all keys or values that they may see, which lie across.
        private void across(
                long rowsAt, long row, int rows, long panels, int q, int low, long target) {
            int end = layout.padded(q + rows);
            for (int t = low; t < end; t += Gemm.WIDTH)
                step.gemm.panel(
                        rowsAt,
                        row,
                        Float.BYTES,
                        rows,
                        panels + t / Gemm.WIDTH * Gemm.panelBytes(dim),
                        dim,
                        base + target + bytes(t),
                        layout.row(),
                        Gemm.WIDTH,
                        false,
                        tile);
        }

        /// `C = A B`, where `B` are rows `[first, first + depth)` of `[length, dim]` that was
        /// packed along.
        private void multiply(
                long a,
                long aRow,
                long aStep,
                int rows,
                long panels,
                int length,
                int first,
                int depth,
                long c,
                long cRow,
                boolean adds) {
            for (int j = 0; j < dim; j += Gemm.WIDTH)
                step.gemm.panel(
                        a,
                        aRow,
                        aStep,
                        rows,
                        panels + j / Gemm.WIDTH * Gemm.panelBytes(length) + Gemm.panelBytes(first),
                        depth,
                        c + bytes(j),
                        cRow,
                        Math.min(Gemm.WIDTH, dim - j),
                        adds,
                        tile);
        }

        private long outAt(long address, int head, int q) {
            return address
                    + (sequence * (long) tokens + q) * outRow
                    + (long) head * dim * Float.BYTES;
        }

        private long logSum(int head, int q) {
            return ((long) sequence * config.heads() + head) * tokens + q;
        }

        private int start(int q) {
            return step.starts[sequence * tokens + q];
        }

        /// The first panel of keys that any query from `q` on may see.
        private int low(int q) {
            return start(q) / Gemm.WIDTH * Gemm.WIDTH;
        }

        private float slope(int head) {
            return (float) config.position().slope(head, config.heads());
        }
    }

    private static long bytes(int floats) {
        return (long) floats * Float.BYTES;
    }
}

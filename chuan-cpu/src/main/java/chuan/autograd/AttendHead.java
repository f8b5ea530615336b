package chuan.autograd;

import static chuan.autograd.AttendScratch.BLOCK;
import static chuan.autograd.AttendScratch.STRIP;

import chuan.kernel.Gemm;
import chuan.kernel.Kernels;
import chuan.model.ModelConfig;

/// One thread at work on [Attend]: one key/value head of one row of the batch after the other.
///
/// What lies behind the diagonal is left out where it fills whole strips of queries or keys, or
/// whole panels; weights are divided by their sum where they are fewest, in the output and in its
/// gradient.
final class AttendHead {
    private final Attend node;
    private final Step step;
    private final ModelConfig config;
    private final AttendScratch layout;
    private final Rotation rotation;
    private final int worker;
    private final int tokens;
    private final int dim;
    private final int group;
    private final float scale;
    private final long qkvRow;
    private final long outRow;
    private final float[] sums;

    private int sequence;
    private long base;
    private long tile;
    private long keys;
    private long keyRow;
    private long values;
    private long dKeys;
    private long dKeyRow;
    private long dValues;

    AttendHead(Attend node, int worker) {
        this.node = node;
        this.worker = worker;
        step = node.step;
        config = node.config;
        layout = node.layout;
        rotation = node.rotation;
        tokens = node.tokens;
        dim = config.headDim();
        group = config.heads() / config.kvHeads();
        scale = (float) (1 / Math.sqrt(dim));
        qkvRow = node.qkv.stride();
        outRow = node.out.stride();
        sums = step.scratch.sums(worker);
    }

    void forward(int sequence, int kvHead) {
        begin(sequence, kvHead);
        layout.packAlong(step.gemm, values, qkvRow, tokens, base + layout.valuesAlong());
        for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            for (int q = 0; q < tokens; q += BLOCK) forward(head, q, Math.min(BLOCK, tokens - q));
    }

    void backward(int sequence, int kvHead) {
        begin(sequence, kvHead);
        layout.packAcross(step.gemm, values, qkvRow, base + layout.valuesAcross());
        layout.packAlong(step.gemm, keys, keyRow, tokens, base + layout.keysAlong());
        long gradient = node.qkv.gradient();
        dValues = at(gradient, config.heads() + config.kvHeads() + kvHead);
        long dStoredKeys = at(gradient, config.heads() + kvHead);
        dKeys = rotation.isNone() ? dStoredKeys : base + layout.dKeys();
        dKeyRow = rotation.isNone() ? qkvRow : layout.dimRow();
        for (int t = 0; t < tokens; t++) {
            Floats.clear(dKeys + t * dKeyRow, dim);
            Floats.clear(dValues + t * qkvRow, dim);
        }
        for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            for (int q = 0; q < tokens; q += BLOCK) backward(head, q, Math.min(BLOCK, tokens - q));
        if (!rotation.isNone())
            rotation.turnBack(step.kernels, dKeys, dKeyRow, 0, tokens, dStoredKeys, qkvRow);
    }

    /// Keys are turned and packed, which both directions need.
    private void begin(int sequence, int kvHead) {
        this.sequence = sequence;
        base = step.scratch.own(worker);
        tile = base + layout.bytes();
        long stored = node.qkv.data.address();
        keys = at(stored, config.heads() + kvHead);
        keyRow = qkvRow;
        values = at(stored, config.heads() + config.kvHeads() + kvHead);
        if (!rotation.isNone()) {
            long turned = base + layout.keys();
            rotation.turn(step.kernels, keys, keyRow, 0, tokens, turned, layout.dimRow());
            keys = turned;
            keyRow = layout.dimRow();
        }
        layout.packAcross(step.gemm, keys, keyRow, base + layout.keysAcross());
    }

    /// The first row of the sequence, at a head of queries, keys or values.
    private long at(long address, int head) {
        return address + sequence * (long) tokens * qkvRow + (long) head * dim * Float.BYTES;
    }

    private void forward(int head, int q, int rows) {
        int low = low(q);
        scores(head, q, rows, low);
        float slope = slope(head);
        for (int i = 0; i < rows; i++) {
            float largest =
                    step.kernels.softmax(
                            base + layout.scores() + i * layout.row() + bytes(low),
                            start(q + i) - low,
                            q + i - low,
                            width(q, i, rows, low),
                            scale,
                            slope,
                            sums);
            Floats.put(node.largest.address(), kept(head, q + i), largest);
            Floats.put(node.shares.address(), kept(head, q + i), 1 / sums[0]);
        }
        long o = outAt(node.out.data.address(), head, q);
        weighted(layout.scores(), q, rows, low, layout.valuesAlong(), o, outRow);
        for (int i = 0; i < rows; i++) {
            float share = Floats.get(node.shares.address(), kept(head, q + i));
            step.kernels.multiply(o + i * outRow, dim, share, o + i * outRow);
        }
    }

    private void backward(int head, int q, int rows) {
        int low = low(q);
        long query = scores(head, q, rows, low);
        long dOut = base + layout.dOut();
        long given = outAt(node.out.gradient(), head, q);
        for (int i = 0; i < rows; i++) {
            float share = Floats.get(node.shares.address(), kept(head, q + i));
            step.kernels.multiply(given + i * outRow, dim, share, dOut + i * layout.dimRow());
        }
        across(dOut, layout.dimRow(), q, rows, low, layout.valuesAcross(), layout.dScores());
        weights(head, q, rows, low, dOut);
        toKeys(layout.scores(), q, rows, low, dOut, layout.dimRow(), dValues, qkvRow);
        long queryRow = rotation.isNone() ? qkvRow : layout.dimRow();
        toKeys(layout.dScores(), q, rows, low, query, queryRow, dKeys, dKeyRow);
        long dQuery = at(node.qkv.gradient(), head) + q * qkvRow;
        if (rotation.isNone()) {
            weighted(layout.dScores(), q, rows, low, layout.keysAlong(), dQuery, qkvRow);
        } else {
            long dTurned = base + layout.queries();
            long row = layout.dimRow();
            weighted(layout.dScores(), q, rows, low, layout.keysAlong(), dTurned, row);
            rotation.turnBack(step.kernels, dTurned, row, q, rows, dQuery, qkvRow);
        }
    }

    /// Scores and gradients of weights become weights, times their sum, and gradients of scores.
    ///
    /// @param dOut divided by the sums of weights
    private void weights(int head, int q, int rows, int low, long dOut) {
        long o = outAt(node.out.data.address(), head, q);
        float slope = slope(head);
        for (int i = 0; i < rows; i++) {
            long row = i * layout.row() + bytes(low);
            float delta = step.kernels.dot(dOut + i * layout.dimRow(), o + i * outRow, dim, sums);
            step.kernels.softmaxGradient(
                    base + layout.scores() + row,
                    base + layout.dScores() + row,
                    start(q + i) - low,
                    q + i - low,
                    width(q, i, rows, low),
                    scale,
                    slope,
                    Floats.get(node.largest.address(), kept(head, q + i)),
                    delta);
        }
    }

    /// Dot products of a block of queries with keys from `low` on.
    ///
    /// @return where the queries are
    private long scores(int head, int q, int rows, int low) {
        long query = at(node.qkv.data.address(), head) + q * qkvRow;
        long row = qkvRow;
        if (!rotation.isNone()) {
            long turned = base + layout.queries();
            rotation.turn(step.kernels, query, qkvRow, q, rows, turned, layout.dimRow());
            query = turned;
            row = layout.dimRow();
        }
        across(query, row, q, rows, low, layout.keysAcross(), layout.scores());
        return query;
    }

    /// Products of a block of rows with all keys or values that they may see, which lie across.
    private void across(long a, long aRow, int q, int rows, int low, long panels, long target) {
        int end = layout.padded(q + rows);
        for (int t = low; t < end; t += Gemm.WIDTH) {
            int first = Math.max(t - q, 0) / STRIP * STRIP;
            step.gemm.panel(
                    a + first * aRow,
                    aRow,
                    Float.BYTES,
                    rows - first,
                    base + panels + t / Gemm.WIDTH * Gemm.panelBytes(dim),
                    dim,
                    base + target + first * layout.row() + bytes(t),
                    layout.row(),
                    Gemm.WIDTH,
                    false,
                    tile);
        }
    }

    /// Sums of keys or values, which lie along, by the weights of each query.
    private void weighted(long weights, int q, int rows, int low, long panels, long c, long cRow) {
        for (int i = 0; i < rows; i += STRIP) {
            int n = Math.min(STRIP, rows - i);
            for (int j = 0; j < dim; j += Gemm.WIDTH)
                step.gemm.panel(
                        base + weights + i * layout.row() + bytes(low),
                        layout.row(),
                        Float.BYTES,
                        n,
                        base
                                + panels
                                + j / Gemm.WIDTH * Gemm.panelBytes(tokens)
                                + Gemm.panelBytes(low),
                        q + i + n - low,
                        c + i * cRow + bytes(j),
                        cRow,
                        Math.min(Gemm.WIDTH, dim - j),
                        false,
                        tile);
        }
    }

    /// Adds rows of queries to those of keys, by the weights that each has for the other.
    private void toKeys(
            long weights, int q, int rows, int low, long b, long bRow, long c, long cRow) {
        long block = base + layout.block();
        layout.packAlong(step.gemm, b, bRow, rows, block);
        for (int j = 0; j < dim; j += Gemm.WIDTH) {
            long panel = block + j / Gemm.WIDTH * Gemm.panelBytes(rows);
            int columns = Math.min(Gemm.WIDTH, dim - j);
            long cj = c + bytes(j);
            if (low < q) toKeys(weights, low, q - low, 0, rows, panel, cj, cRow, columns);
            for (int i = 0; i < rows; i += STRIP) {
                int from = Math.max(low, q + i);
                int n = Math.min(q + i + STRIP, q + rows) - from;
                if (n > 0) toKeys(weights, from, n, i, rows, panel, cj, cRow, columns);
            }
        }
    }

    /// `count` keys from `t` on; queries of the block from `first` on.
    private void toKeys(
            long weights,
            int t,
            int count,
            int first,
            int rows,
            long panel,
            long c,
            long cRow,
            int columns) {
        step.gemm.panel(
                base + weights + first * layout.row() + bytes(t),
                Float.BYTES,
                layout.row(),
                count,
                panel + Gemm.panelBytes(first),
                rows - first,
                c + t * cRow,
                cRow,
                columns,
                true,
                tile);
    }

    /// Of the row of query `q + i`, from `low` on, what its strip is multiplied by.
    private int width(int q, int i, int rows, int low) {
        int end = q + Math.min((i / STRIP + 1) * STRIP, rows);
        return Math.ceilDiv(end - low, Kernels.LANES) * Kernels.LANES;
    }

    private long outAt(long address, int head, int q) {
        return address + (sequence * (long) tokens + q) * outRow + (long) head * dim * Float.BYTES;
    }

    private long kept(int head, int q) {
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

    private static long bytes(int floats) {
        return (long) floats * Float.BYTES;
    }
}

package chuan.autograd;

import static chuan.autograd.AttendScratch.padded;
import static chuan.kernel.BlockProduct.WIDTH;

import chuan.kernel.BlockProduct;
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
    private final BlockProduct products;
    private final ModelConfig config;
    private final AttendScratch layout;
    private final Rotation rotation;
    private final int worker;
    private final int tokens;
    private final int dim;
    private final int group;
    private final int block;
    private final int strip;
    private final float scale;
    private final long qkvRow;
    private final long outRow;
    private final float[] sums;

    private int sequence;
    private long base;
    private long own;
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
        products = step.products;
        config = node.config;
        layout = node.layout;
        block = layout.block();
        strip = layout.strip();
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
        layout.packAlong(values, qkvRow, tokens, base + layout.valuesAlong(), own);
        for (int head = kvHead * group; head < (kvHead + 1) * group; head++)
            for (int q = 0; q < tokens; q += block) forward(head, q, Math.min(block, tokens - q));
    }

    void backward(int sequence, int kvHead) {
        begin(sequence, kvHead);
        layout.packAcross(values, qkvRow, base + layout.valuesAcross(), own);
        layout.packAlong(keys, keyRow, tokens, base + layout.keysAlong(), own);
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
            for (int q = 0; q < tokens; q += block) backward(head, q, Math.min(block, tokens - q));
        if (!rotation.isNone())
            rotation.turnBack(step.kernels, dKeys, dKeyRow, 0, tokens, dStoredKeys, qkvRow);
    }

    /// Keys are turned and packed, which both directions need.
    private void begin(int sequence, int kvHead) {
        this.sequence = sequence;
        base = step.scratch.own(worker);
        own = base + layout.own();
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
        layout.packAcross(keys, keyRow, base + layout.keysAcross(), own);
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
        int end = padded(q + rows);
        int whole = Math.min(end, padded(q + strip));
        across(a, aRow, 0, rows, low, whole, panels, target);
        for (int t = whole; t < end; t += WIDTH)
            across(a, aRow, (t - q) / strip * strip, rows, t, t + WIDTH, panels, target);
    }

    /// Rows of the block from `first` on, keys `[from, to)`.
    private void across(
            long a, long aRow, int first, int rows, int from, int to, long panels, long target) {
        products.multiply(
                a + first * aRow,
                aRow,
                Float.BYTES,
                rows - first,
                base + panels + from / WIDTH * products.packedBytes(dim),
                dim,
                base + target + first * layout.row() + bytes(from),
                layout.row(),
                to - from,
                false,
                own);
    }

    /// Sums of keys or values, which lie along, by the weights of each query.
    private void weighted(long weights, int q, int rows, int low, long panels, long c, long cRow) {
        for (int i = 0; i < rows; i += strip) {
            int n = Math.min(strip, rows - i);
            along(
                    base + weights + i * layout.row() + bytes(low),
                    layout.row(),
                    Float.BYTES,
                    n,
                    base + panels,
                    tokens,
                    low,
                    q + i + n,
                    c + i * cRow,
                    cRow,
                    false);
        }
    }

    /// Rows of weights times positions `[from, to)` of what was packed along, `packed` deep; `from`
    /// is a multiple of [BlockProduct.Blocking#depthUnit]. Panels lie as far apart as they are
    /// deep: a part of them is multiplied one by one.
    private void along(
            long a,
            long aRow,
            long aStep,
            int rows,
            long panels,
            int packed,
            int from,
            int to,
            long c,
            long cRow,
            boolean adds) {
        int columns = to - from == packed ? dim : Math.min(WIDTH, dim);
        for (int j = 0; j < dim; j += columns) {
            long panel =
                    panels + j / WIDTH * products.packedBytes(packed) + products.packedBytes(from);
            int n = Math.min(columns, dim - j);
            long at = c + bytes(j);
            products.multiply(a, aRow, aStep, rows, panel, to - from, at, cRow, n, adds, own);
        }
    }

    /// Adds rows of queries to those of keys, by the weights that each has for the other.
    private void toKeys(
            long weights, int q, int rows, int low, long b, long bRow, long c, long cRow) {
        layout.packAlong(b, bRow, rows, base + layout.packedBlock(), own);
        int most = layout.mostKeys();
        for (int t = low; t < q; t += most)
            toKeys(weights, t, Math.min(most, q - t), 0, rows, c, cRow);
        for (int i = 0; i < rows; i += strip) {
            int from = Math.max(low, q + i);
            int n = q + Math.min(i + strip, rows) - from;
            if (n > 0) toKeys(weights, from, n, i, rows, c, cRow);
        }
    }

    /// `count` keys from `t` on; queries of the block from `first` on.
    private void toKeys(long weights, int t, int count, int first, int rows, long c, long cRow) {
        along(
                base + weights + first * layout.row() + bytes(t),
                Float.BYTES,
                layout.row(),
                count,
                base + layout.packedBlock(),
                rows,
                first,
                rows,
                c + t * cRow,
                cRow,
                true);
    }

    /// Of the row of query `q + i`, from `low` on, what its strip is multiplied by.
    private int width(int q, int i, int rows, int low) {
        int end = q + Math.min((i / strip + 1) * strip, rows);
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
        return start(q) / WIDTH * WIDTH;
    }

    private float slope(int head) {
        return (float) config.position().slope(head, config.heads());
    }

    private static long bytes(int floats) {
        return (long) floats * Float.BYTES;
    }
}

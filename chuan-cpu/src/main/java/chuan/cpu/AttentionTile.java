package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.model.ModelConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Attention of one thread: the queries of all heads that share a key head, at positions of one
/// page, against the pages of their sequence, the own page first and then backwards. Queries lie
/// one behind the other, `[head][position]`.
///
/// Every query does the same whatever else is in the tile: which pages it visits, in which order,
/// and each sum are its own.
///
/// **Windows.** With ALiBi a head with a steep slope sees only what is near: the penalty of
/// everything else is larger than any score can be. A query leaves out a page if an upper bound of
/// its scores there lies below the largest score so far by more than `margin = 20 + ln N`, where
/// `N` is the number of keys in front of its own page. Then:
///
/// - *The bound.* By Cauchy and Schwarz `q.k <= |q| |k|`, and no key of the page is nearer than its
///   last. So `x <= |q| K scale - slope * distance` with `K` the length of the longest key as it is
///   stored, rounded up. In fp32 the chain of `d` fused multiply-adds is off by at most `d u |q|
///   |k|`, `u = 2^-24` (Higham 2002, section 3.1), and scaling and penalty by `u` each: both terms
///   get `(d + 8) 2^-23`, twice what they need.
/// - *What is lost.* Each key `t` left out has `x_t <= m - 20 - ln N`, where `m` is a score that is
///   kept. Relative to `exp(m)`, the weights left out sum to `S <= N exp(-20 - ln N) = e^-20`,
///   those kept to `T >= 1`. The exact result is `(T a + S b) / (T + S)`, the one without these
///   pages is `a`, where `a` and `b` are means of values: they differ by `S / (T + S) |b - a| <= 2
///   e^-20 max |v|`, 4.2e-9 of the largest value, a fourteenth of fp32's rounding unit.
///
/// The decision takes nothing but the query, its keys and its position, so it is the same in every
/// tile, batch and tier. Off-heap memory; one thread at a time.
final class AttentionTile {
    private static final int PAGE = Kernels.PAGE;

    private static final long CACHE_LINE = 64;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /// Weights left out are below exp of minus this, of those kept.
    private static final double MARGIN = 20;

    /// An upper bound of ln 2.
    private static final double LN_2 = 0.693148;

    private final Kernels kernels;
    private final int dim;
    private final int queryWidth;
    private final int qkvWidth;

    /// Query heads per key head.
    private final int group;

    private final float scale;

    /// Per query head.
    private final float[] slopes;

    private final boolean windows;

    /// By which bounds are widened, relatively.
    private final double slack;

    private final MemorySegment memory;
    private final long queries;
    private final long sumsOfValues;
    private final long scores;
    private final long scratch;
    private final float[] sums = new float[Kernels.LANES];
    private final float[] zeros;

    /// Per query, the largest score and the sum of weights so far.
    private final float[] state;

    /// Per query, an upper bound of what a key of length 1 scores without penalty.
    private final double[] reach;

    // the tile at hand
    private @Nullable CpuKvCache cache;
    private int layer;
    private int keyHead;
    private int position;
    private int rows;
    private int count;
    private double margin;

    private long considered;
    private long leftOut;

    /// @param slopes per query head, zeros for a model without ALiBi
    AttentionTile(ModelConfig config, Kernels kernels, float[] slopes, boolean windows) {
        this.kernels = kernels;
        this.slopes = slopes;
        this.windows = windows;
        dim = config.headDim();
        queryWidth = config.queryWidth();
        qkvWidth = config.qkvWidth();
        group = config.heads() / config.kvHeads();
        scale = (float) (1 / Math.sqrt(dim));
        slack = (dim + 8) * 0x1p-23;
        int most = Math.multiplyExact(group, PAGE);
        state = new float[2 * most];
        zeros = new float[Math.multiplyExact(most, dim)];
        reach = new double[most];
        memory = Arena.ofAuto().allocate(floats(config) * Float.BYTES, CACHE_LINE);
        queries = memory.address();
        sumsOfValues = queries + (long) most * dim * Float.BYTES;
        scores = sumsOfValues + (long) most * dim * Float.BYTES;
        scratch = scores + (long) most * PAGE * Float.BYTES;
    }

    /// Off the heap.
    static long floats(ModelConfig config) {
        long queries = (long) PAGE * (config.heads() / config.kvHeads());
        return queries * (2L * config.headDim() + PAGE) + (long) PAGE * config.headDim();
    }

    /// Attention of `tileRows` rows from row `firstRow` on, which stand at `firstPosition` and
    /// behind, all in one page, for the query heads of one key head.
    ///
    /// @param qkv `[.., qkvWidth]`
    /// @param out `[.., queryWidth]`
    void attend(
            CpuKvCache kv,
            int inLayer,
            int ofKeyHead,
            int firstPosition,
            int firstRow,
            int tileRows,
            float[] qkv,
            float[] out) {
        cache = kv;
        layer = inLayer;
        keyHead = ofKeyHead;
        position = firstPosition;
        rows = tileRows;
        count = group * tileRows;
        int own = firstPosition / PAGE;
        gather(qkv, firstRow);
        ownPage(own);
        if (own > 0) {
            if (windows) prepareWindows(own);
            for (int page = own - 1; page >= 0; page--) earlierPage(page);
        }
        scatter(out, firstRow);
        cache = null;
        Reference.reachabilityFence(memory);
    }

    private void gather(float[] qkv, int firstRow) {
        for (int i = 0; i < count; i++) {
            int from = (firstRow + i % rows) * qkvWidth + head(i) * dim;
            MemorySegment.copy(qkv, from, memory, FLOAT, 4L * i * dim, dim);
            state[2 * i] = Float.NEGATIVE_INFINITY;
            state[2 * i + 1] = 0;
        }
        MemorySegment.copy(zeros, 0, memory, FLOAT, sumsOfValues - queries, count * dim);
    }

    private void scatter(float[] out, int firstRow) {
        for (int i = 0; i < count; i++) {
            int to = (firstRow + i % rows) * queryWidth + head(i) * dim;
            long from = sumsOfValues - queries + 4L * i * dim;
            MemorySegment.copy(memory, FLOAT, from, out, to, dim);
            float factor = 1 / state[2 * i + 1];
            for (int j = to; j < to + dim; j++) out[j] *= factor;
        }
    }

    private int head(int query) {
        return keyHead * group + query / rows;
    }

    private int position(int query) {
        return position + query % rows;
    }

    /// Each query sees as far as itself.
    private void ownPage(int page) {
        scores(page, 0, count, position + rows - page * PAGE);
        for (int i = 0; i < count; i++) {
            int n = position(i) - page * PAGE + 1;
            softmax(page, i, n);
            add(page, i, i + 1, n);
        }
    }

    /// All of a page, for the queries that it matters to.
    private void earlierPage(int page) {
        considered += count;
        if (!windows) {
            wholePage(page, 0, count);
            return;
        }
        double longest = cache().longestKey(page, layer, keyHead);
        int lastKey = page * PAGE + PAGE - 1;
        for (int i = 0; i < count; ) {
            int end = i;
            while (end < count && sees(end, longest, lastKey)) end++;
            if (end > i) {
                wholePage(page, i, end);
                i = end;
            } else {
                leftOut++;
                i++;
            }
        }
    }

    private void prepareWindows(int own) {
        int earlierKeys = own * PAGE;
        margin = MARGIN + LN_2 * (Integer.SIZE - Integer.numberOfLeadingZeros(earlierKeys - 1));
        for (int i = 0; i < count; i++) {
            reach[i] = Math.sqrt(squares(4L * i * dim)) * scale * (1 + slack);
        }
    }

    /// The sum of the squares of a query, in two sums that do not wait for one another.
    private double squares(long at) {
        double even = 0;
        double odd = 0;
        for (int j = 0; j < dim - 1; j += 2) {
            double q = memory.get(FLOAT, at + 4L * j);
            double next = memory.get(FLOAT, at + 4L * j + 4);
            even += q * q;
            odd += next * next;
        }
        double last = dim % 2 == 0 ? 0 : memory.get(FLOAT, at + 4L * dim - 4);
        return even + odd + last * last;
    }

    /// False if nothing in a page can matter to a query; true where that is no number.
    private boolean sees(int query, double longest, int lastKey) {
        double penalty = slopes[head(query)] * (1 - slack) * (position(query) - lastKey);
        return !(reach[query] * longest - penalty + margin < state[2 * query]);
    }

    private void wholePage(int page, int from, int to) {
        scores(page, from, to, PAGE);
        for (int i = from; i < to; i++) {
            float factor = softmax(page, i, PAGE);
            if (factor != 1) kernels.multiply(sumsOfValues + 4L * i * dim, dim, factor);
        }
        add(page, from, to, PAGE);
    }

    private void scores(int page, int from, int to, int n) {
        var pages = cache().pool();
        long keys = cache().page(page) + pages.keysAt(layer, keyHead);
        kernels.scoresTile(
                queries + 4L * from * dim,
                to - from,
                pages.format(),
                keys,
                keys + pages.scalesAt(),
                dim,
                n,
                scores + 4L * from * PAGE,
                scratch);
    }

    private float softmax(int page, int query, int n) {
        return kernels.softmaxPage(
                scores + 4L * query * PAGE,
                n,
                scale,
                slopes[head(query)],
                position(query) - page * PAGE,
                state,
                2 * query,
                sums);
    }

    private void add(int page, int from, int to, int n) {
        var pages = cache().pool();
        long values = cache().page(page) + pages.valuesAt(layer, keyHead);
        kernels.addWeightedTile(
                scores + 4L * from * PAGE,
                to - from,
                n,
                pages.format(),
                values,
                values + pages.scalesAt(),
                dim,
                sumsOfValues + 4L * from * dim,
                scratch);
    }

    private CpuKvCache cache() {
        return Objects.requireNonNull(cache);
    }

    /// Pairs of a query and an earlier page that there were.
    long considered() {
        return considered;
    }

    /// Those of them whose page was left out.
    long leftOut() {
        return leftOut;
    }
}

package chuan.kernel;

/// All arithmetic of the CPU engine: plain arrays and ints in and out. Chosen once, by
/// [KernelSelector]. Stateless: any number of threads may call with outputs that do not overlap.
///
/// The result is defined bit for bit, so every implementation, vector width, batch and division
/// among threads gives the same numbers:
///
/// - A sum over a row (dot product, sum of squares, sum of exponentials) runs in [#LANES] partial
///   sums: element `k` belongs to sum `k % 16`, each sum ascends in `k` by fused multiply-add (or
///   add), and at the end the sums are folded in halves, `s[i] += s[i + 8]`, then 4, 2, 1.
/// - A row of a block format ([WeightFormat#Q4_0] and its kin) is first decoded to fp32, as
///   [chuan.quant.BlockFormat] says, and then summed like any other.
/// - A row of a panel format keeps its scales out of the sums. Of each block of 32 columns, the
///   first sixteen and the last sixteen are a chain each, begun at 0, `s = fma(x[k], code, s)` over
///   ascending `k`; then `total = fma(first + last, scale, total)`, blocks ascending, begun at 0.
///   Sixteen rows lie side by side, so no sum ever crosses a register. Where the activations are
///   [QuantizedRows], `x[k]` is their code, the sum over a block is a whole number and exact, and
///   `total = fma((first + last) * d, scale, total)` with the scale `d` of the block's activations.
/// - A sum over the elements of a head (a score) or over the keys of a page (weighted values) is
///   one chain of fused multiply-adds per output, ascending. Attention goes page by page, the
///   query's own first, then backwards, and every query does the same, alone or in a tile: one
///   chain per output through all its pages, rescaled where the largest score grows.
/// - Everything else is one rounding per operation written, in the order written; `exp` is
///   [Exponential].
///
/// Sixteen partial sums are one AVX-512 register, two of AVX2, four of NEON.
public sealed interface Kernels permits ScalarKernels, VectorKernels, EmittedKernels {
    int LANES = 16;

    /// Positions of a page of keys and values: what attention takes at a time.
    int PAGE = 64;

    /// A score this far below the largest weighs nothing. `e^-64` is 1.6e-28, far below what fp32
    /// can add to 1; smaller weights would be subnormal once they meet an int8 scale, and a hundred
    /// times as slow.
    float LOWEST = -64;

    /// Name for `-Dchuan.kernels` and for reports.
    String name();

    /// Floats of scratch that a thread needs for matrices of up to `columns` columns; never less
    /// than [#LANES].
    int scratchFloats(int columns);

    /// Rows `[from, to)` of `w` times each of `tokens` activation rows: `y[t * w.rows() + r] =
    /// scale_r * sum_k x[t * w.columns() + k] * w[r][k]`.
    ///
    /// @param scratch of the calling thread, at least [#scratchFloats]
    void matmul(Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch);

    /// Makes room in `out` for activations `[tokens, columns]`.
    void prepare(int tokens, int columns, QuantizedRows out);

    /// Tokens `[from, to)` of `x`, row after row from the start of the array, quantized.
    ///
    /// @param format of the panels that they will meet
    /// @param out as [#prepare] left it
    void quantize(float[] x, int from, int to, WeightFormat format, QuantizedRows out);

    /// Rows `[from, to)` of `w`, which lies in panels, times each token of `x`: `y[t * w.rows() +
    /// r]`.
    ///
    /// @param x quantized by these kernels, for this format
    /// @param scratch of the calling thread, at least [#scratchFloats]
    void matmul(Matrix w, int from, int to, QuantizedRows x, float[] y, float[] scratch);

    /// Whether so many tokens meet `w` sooner once [#arrange] has laid them out. By default they
    /// never do.
    default boolean arranges(Matrix w, int tokens) {
        return false;
    }

    /// Makes room in `out` for activations `[tokens, columns]`, for weights that are met so.
    default void prepare(int tokens, int columns, TiledRows out) {
        throw new UnsupportedOperationException();
    }

    /// Tokens `[from, to)` of `x`, row after row from the start of the array, laid out.
    ///
    /// @param out as [#prepare(int, int, TiledRows)] left it
    default void arrange(float[] x, int from, int to, TiledRows out) {
        throw new UnsupportedOperationException();
    }

    /// Rows `[from, to)` of `w` times each token of `x`: `y[t * w.rows() + r]`.
    ///
    /// @param from a multiple of 16, as is `to` unless it is the end
    /// @param x laid out by these kernels, for a matrix of which [#arranges] is true
    /// @param scratch of the calling thread, at least [#scratchFloats]
    default void matmul(Matrix w, int from, int to, TiledRows x, float[] y, float[] scratch) {
        throw new UnsupportedOperationException();
    }

    /// Row `row` of `w`, decoded to `out[at, at + w.columns())`; int8 without its scale.
    void widen(Matrix w, int row, float[] out, int at);

    /// `out = x / sqrt(mean(x^2) + eps) * gain` over `n` elements from `at` on, in both arrays.
    void rmsNorm(float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch);

    /// `x[i] += y[i]` for `i` in `[from, to)`.
    void add(float[] x, float[] y, int from, int to);

    /// `gate[i] = silu(gate[i]) * up[i]` for `i` in `[from, to)`.
    void siluTimes(float[] gate, float[] up, int from, int to);

    /// Dot products of a tile of queries with the first `n` keys of one head in a page: `out[i *
    /// PAGE + t]` is the chain `s = fma(q_i[j], k_t[j], s)` over ascending `j`, begun at 0. fp16
    /// elements are widened exactly. For int8 the chain runs over the codes, and its end is
    /// multiplied by the scale of the key. Writes up to `n` rounded up to 16 of each query; what
    /// stands behind `n` means nothing.
    ///
    /// @param q address of `[queries, dim]` fp32
    /// @param keys address of the run, in `format`
    /// @param scales address of its scales, for int8
    /// @param out address of `[queries, PAGE]` fp32
    /// @param scratch address of `PAGE * dim` fp32 of the calling thread
    void scoresTile(
            long q,
            int queries,
            KvFormat format,
            long keys,
            long scales,
            int dim,
            int n,
            long out,
            long scratch);

    /// Takes `n` dot products of one query with a page into its softmax (Milakov and Gimelshein
    /// 2018). A score is `x_t = fma(scores[t], scale, slope * (t - last))`. `state[at]` is the
    /// largest score so far, `m`, and `state[at + 1]` the sum of all weights so far, `l`. With `m'
    /// = max(m, x_t)` and `f = exp(m - m')`, or 1 if `m` is still the largest, `l' = l * f + sum_t
    /// w_t`, and the weights `w_t = exp(x_t - m')` take the place of the scores. An argument of
    /// `exp` below [#LOWEST] gives 0.
    ///
    /// @param scores address of up to [#PAGE] fp32
    /// @param last where the query stands, counted from the first key of the page
    /// @param sums of the calling thread, at least [#LANES]
    /// @return `f`, by which what was summed with earlier weights is to be multiplied
    float softmaxPage(
            long scores,
            int n,
            float scale,
            float slope,
            int last,
            float[] state,
            int at,
            float[] sums);

    /// `x[i] *= factor` for `i < n`.
    ///
    /// @param x address of fp32
    void multiply(long x, int n, float factor);

    /// Adds the first `n` values of one head in a page, weighted by each query of a tile, to what
    /// `out` holds: `out_i[j] = fma(weights_i[t], v_t[j], out_i[j])` for ascending `t`. fp16
    /// elements are widened exactly. For int8 each weight is first multiplied by the scale of its
    /// value, in its place, and then meets the codes.
    ///
    /// @param weights address of `[queries, PAGE]` fp32
    /// @param values address of the run, in `format`
    /// @param scales address of its scales, for int8
    /// @param out address of `[queries, dim]` fp32
    /// @param scratch address of `PAGE * dim` fp32 of the calling thread
    void addWeightedTile(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            long scales,
            int dim,
            long out,
            long scratch);

    /// Folds the partial sums at `sums[at, at + 16)` and returns the total; spends them.
    static float fold(float[] sums, int at) {
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int i = at; i < at + half; i++) sums[i] += sums[i + half];
        return sums[at];
    }
}

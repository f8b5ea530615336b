package chuan.kernel;

/// The loops over elements that training needs beside products ([Gemm]): the verbs of a decoder and
/// their derivatives, loss and optimizer. Operands are addresses of fp32 off the heap.
///
/// The result is defined bit for bit, as in [Kernels]: sums over a row run in [Kernels#LANES]
/// partial sums, element `k` in sum `k % 16`, folded in halves at the end; all else is one rounding
/// per operation written, in the order written; `exp` is [Exponential]. Stateless: any number of
/// threads may call with outputs that do not overlap.
public sealed interface GradientKernels permits ScalarGradients, VectorGradients {
    /// For people.
    String name();

    /// `out = x * scale * gain`, `scale = 1 / sqrt(mean(x^2) + eps)`, over a row of `n`.
    ///
    /// @param sums of the calling thread, at least [Kernels#LANES]; here and below
    /// @return the scale
    float rmsNorm(long x, long gain, int n, float eps, long out, float[] sums);

    /// The derivative of [#rmsNorm]. With `t = dOut * gain` and `c = scale^3 / n * sum(t * x)`, `dX
    /// = t * scale - x * c`, or added to `dX`; and `dGain += dOut * (x * scale)`.
    void rmsNormGradient(
            long x,
            long gain,
            float scale,
            long dOut,
            int n,
            long dX,
            boolean adds,
            long dGain,
            float[] sums);

    /// `out = gate / (1 + exp(-gate)) * up` over `n` elements.
    void swiglu(long gate, long up, int n, long out);

    /// The derivative of [#swiglu]: with `s = 1 / (1 + exp(-gate))` and `a = gate * s`, `dUp = dOut
    /// * a` and `dGate = dOut * up * (s + a * (1 - s))`.
    void swigluGradient(long gate, long up, long dOut, int n, long dGate, long dUp);

    /// `out = x + y` over `n` elements; `out` may be either.
    void add(long x, long y, int n, long out);

    /// `out = fma(a, x, b * y)` over `n` elements; `out` may be either.
    void blend(float a, long x, float b, long y, int n, long out);

    /// Turns the scores of one query with `n` keys into weights that are not yet divided by their
    /// sum: `x_t = fma(score_t, scale, slope * (t - last))` for `t` in `[from, last]`, `exp(x_t -
    /// max)`; 0 for all other `t < n`, and for arguments of `exp` below [Kernels#LOWEST].
    ///
    /// @param last the query's own position
    /// @param sums of the calling thread; the first becomes the sum of the weights
    /// @return the maximum
    float softmax(long scores, int from, int last, int n, float scale, float slope, float[] sums);

    /// Computes the weights of [#softmax] again and the derivative of the scores by it: `w_t =
    /// exp(x_t - max)`, `dScores_t = w_t * (dWeights_t - delta) * scale`. The weights take the
    /// place of the scores, the derivatives that of `dWeights`; both are 0 outside `[from, last]`.
    ///
    /// @param dWeights divided by the sum of the weights, which stands for dividing them
    /// @param delta the sum of all `w_t * dWeights_t`, divided twice
    void softmaxGradient(
            long scores,
            long dWeights,
            int from,
            int last,
            int n,
            float scale,
            float slope,
            float max,
            float delta);

    /// `out = x * factor` over `n` elements; `out` may be `x`.
    void multiply(long x, int n, float factor, long out);

    /// Turns pairs `(x_i, x_(i + half))` by angles: `out_i = x_i * cos - x_(i + half) * sin`,
    /// `out_(i + half) = x_(i + half) * cos + x_i * sin`, with element `at + i` of both tables;
    /// `out` may be `x`.
    void turn(long x, float[] cos, float[] sin, int at, int half, long out);

    /// `sum_k x_k * y_k` over `n` elements.
    float dot(long x, long y, int n, float[] sums);

    /// Cross entropy of a row of `n` logits in nats. With `factor` other than 0 the logits become
    /// the derivative of `factor` times it: `exp(x - max) / sum * factor`, minus `factor` at the
    /// label.
    float crossEntropy(long logits, int n, int label, float factor, float[] sums);

    /// One step of AdamW (Loshchilov and Hutter 2019) over `n` elements: `g = gradient * clip`, `p
    /// = p * keep`, `m = m + (1 - beta1) * (g - m)`, `v = v * beta2 + (1 - beta2) * g * g`, `p = p
    /// - rate * m / (sqrt(v) * root + eps)`; and `gradient = 0`.
    ///
    /// @param clip what gradients are multiplied by first
    /// @param keep one minus learning rate times decay
    /// @param rate learning rate over the bias correction of the first moment
    /// @param root one over the root of the bias correction of the second
    void adamW(
            long p,
            long gradient,
            long m,
            long v,
            int n,
            float clip,
            float keep,
            float rate,
            float root,
            AdamWSettings settings);

    /// What is the same for all steps.
    record AdamWSettings(float beta1, float beta2, float eps) {}
}

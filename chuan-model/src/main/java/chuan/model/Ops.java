package chuan.model;

/// The seven verbs of a decoder, for one step over one batch of rows.
///
/// An `Ops` object is one step: it is made from the batch, and `attend` alone knows the cache, the
/// mask and the `Position`. What `W` is (dense, quantized, sharded) is the business of `embed`,
/// `linear` and `swiglu`. Implementations: `ReferenceOps` (the specification), `ShapeOps` (sizes
/// only), the CPU engine and libtorch in their modules; one contract test holds them all.
///
/// @param <A> an activation `[rows, width]`
/// @param <W> a weight as the back end holds it
public interface Ops<A, W> {

    /// `[rows, hidden]`: the rows of `table` `[vocab, hidden]` named by `ids`.
    A embed(W table, int[] ids);

    /// `x / sqrt(mean(x^2) + eps) * gain`, row by row (Zhang and Sennrich 2019). `[n, d] -> [n, d]`
    A rmsNorm(A x, W gain, float eps);

    /// `x w^T`: `[n, in]`, `w` is `[out, in]`, gives `[n, out]`.
    A linear(A x, W w);

    /// Causal attention over this step's rows and all that its cache holds; extends the cache, if
    /// there is one. `[n, qkvWidth] -> [n, queryWidth]`
    A attend(int layer, A qkv);

    /// `silu(x gate^T) * (x up^T)` (Shazeer 2020): `[n, d] -> [n, ff]`
    A swiglu(A x, W gate, W up);

    /// `x + y`. `x` is spent: the result may live in its memory.
    A add(A x, A y);

    /// The rows `which` of `x`: `[n, d] -> [which.length, d]`
    A rows(A x, int[] which);
}

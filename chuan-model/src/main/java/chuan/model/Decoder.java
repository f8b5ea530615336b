package chuan.model;

/// A Baichuan / LLaMA decoder. Says what is computed; never where, in which number format or on how
/// many threads. The same class trains and serves.
///
/// @param <W> a weight as the back end holds it
public record Decoder<W>(ModelConfig config, Weights<W> weights) {

    /// Logits `[wanted.length, vocab]` for the rows of `ids` listed in `wanted`.
    public <A> A logits(Ops<A, W> ops, int[] ids, int[] wanted) {
        return head(ops, blocks(ops, ids), wanted);
    }

    /// What the model makes of each token: hidden states after the final norm, `[ids.length,
    /// hidden]`.
    public <A> A hidden(Ops<A, W> ops, int[] ids) {
        return norm(ops, blocks(ops, ids));
    }

    private <A> A blocks(Ops<A, W> ops, int[] ids) {
        A x = embed(ops, ids);
        for (int layer = 0; layer < config.layers(); layer++) {
            x = block(ops, layer, x);
        }
        return x;
    }

    /// The residual stream before the first block, `[ids.length, hidden]`.
    public <A> A embed(Ops<A, W> ops, int[] ids) {
        return ops.embed(weights.embedding(), ids);
    }

    /// One layer. Public because a trainer wraps it: recompute, unshard, pipeline.
    public <A> A block(Ops<A, W> ops, int layer, A x) {
        var w = weights.blocks().get(layer);

        A h = ops.rmsNorm(x, w.attentionNorm(), config.normEps());
        h = ops.attend(layer, ops.linear(h, w.qkv()));
        x = ops.add(x, ops.linear(h, w.attentionOut()));

        h = ops.rmsNorm(x, w.mlpNorm(), config.normEps());
        h = ops.swiglu(h, w.gate(), w.up());
        return ops.add(x, ops.linear(h, w.down()));
    }

    /// Final norm and output matrix, for the wanted rows only: `[wanted.length, vocab]`.
    public <A> A head(Ops<A, W> ops, A x, int[] wanted) {
        return ops.linear(norm(ops, ops.rows(x, wanted)), weights.output());
    }

    /// The final norm.
    public <A> A norm(Ops<A, W> ops, A x) {
        return ops.rmsNorm(x, weights.finalNorm(), config.normEps());
    }
}

package chuan.model;

/// What distinguishes one decoder from another. Immutable; sizes are checked here, once.
///
/// @param vocab rows of the embedding and of the output matrix
/// @param hidden width of the residual stream
/// @param ff width of the MLP between `gate`/`up` and `down`
/// @param layers number of blocks
/// @param heads query heads
/// @param kvHeads key/value heads; fewer than `heads` means grouped queries (Ainslie et al. 2023)
/// @param headDim width of one head
/// @param maxContext tokens the model was made for
/// @param normEps epsilon inside RMSNorm
/// @param position how positions enter attention
/// @param normalizedHead rows of the output matrix are divided by their length (Baichuan2)
/// @param tiedEmbeddings the output matrix is the embedding
/// @param padId row of the embedding that stays untrained (`padding_idx`), -1 for none
public record ModelConfig(
        int vocab,
        int hidden,
        int ff,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int maxContext,
        float normEps,
        Position position,
        boolean normalizedHead,
        boolean tiedEmbeddings,
        int padId) {

    public ModelConfig {
        positive("vocab_size", vocab);
        positive("hidden_size", hidden);
        positive("intermediate_size", ff);
        positive("num_hidden_layers", layers);
        positive("num_attention_heads", heads);
        positive("num_key_value_heads", kvHeads);
        positive("head_dim", headDim);
        positive("max context", maxContext);
        if (heads % kvHeads != 0)
            throw new IllegalArgumentException(
                    "num_attention_heads "
                            + heads
                            + " is not a multiple of num_key_value_heads "
                            + kvHeads);
        if (!(normEps > 0))
            throw new IllegalArgumentException("rms_norm_eps must be positive, not " + normEps);
        if (position instanceof Position.Rope && headDim % 2 != 0)
            throw new IllegalArgumentException("head_dim " + headDim + " is odd: RoPE needs pairs");
    }

    private static void positive(String key, int value) {
        if (value <= 0) throw new IllegalArgumentException(key + " must be positive, not " + value);
    }

    /// A decoder with as many key/value heads as query heads, plain head, untied, pad id 0: the
    /// shape of Baichuan-7B and 13B.
    public static ModelConfig baichuan(
            int vocab, int hidden, int ff, int layers, int heads, Position position) {
        if (hidden % heads != 0)
            throw new IllegalArgumentException(
                    "hidden_size " + hidden + " is not a multiple of num_attention_heads " + heads);
        return new ModelConfig(
                vocab,
                hidden,
                ff,
                layers,
                heads,
                heads,
                hidden / heads,
                4096,
                1e-6f,
                position,
                false,
                false,
                0);
    }

    public static ModelConfig baichuan13b() {
        return baichuan(64_000, 5120, 13_696, 40, 40, new Position.Alibi());
    }

    public static ModelConfig baichuan7b() {
        return baichuan(64_000, 4096, 11_008, 32, 32, new Position.Rope(10_000));
    }

    /// The same decoder with positions told apart in another way.
    public ModelConfig withPosition(Position other) {
        return new ModelConfig(
                vocab,
                hidden,
                ff,
                layers,
                heads,
                kvHeads,
                headDim,
                maxContext,
                normEps,
                other,
                normalizedHead,
                tiedEmbeddings,
                padId);
    }

    /// Width of all query heads together: the input of the attention's output projection.
    public int queryWidth() {
        return heads * headDim;
    }

    /// Width of all key heads together; values have the same.
    public int kvWidth() {
        return kvHeads * headDim;
    }

    /// Width of the packed projection: queries, keys, values, in this order.
    public int qkvWidth() {
        return queryWidth() + 2 * kvWidth();
    }
}

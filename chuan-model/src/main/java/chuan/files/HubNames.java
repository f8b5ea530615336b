package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.util.List;

/// The official names, those of a Hugging Face folder. LLaMA folders have separate q, k and v.
record HubNames(ModelConfig config) implements TensorNames {
    static final String PACKED = "self_attn.W_pack.weight";

    /// Buffers of the official code that carry no knowledge.
    private static final List<String> COMPUTED =
            List.of(
                    "rotary_emb.inv_freq",
                    "rotary_emb.cos_cached",
                    "rotary_emb.sin_cached",
                    "future_mask",
                    "alibi_mask");

    @Override
    public List<List<Place>> places(String name, long... shape) {
        var whole = List.of(new Place(name, shape, 0));
        if (!name.endsWith(PACKED)) return List.of(whole);
        var prefix = name.substring(0, name.length() - PACKED.length());
        return List.of(
                whole,
                List.of(
                        projection(prefix + "self_attn.q_proj.weight", config.queryWidth()),
                        projection(prefix + "self_attn.k_proj.weight", config.kvWidth()),
                        projection(prefix + "self_attn.v_proj.weight", config.kvWidth())));
    }

    private Place projection(String name, long rows) {
        return new Place(name, new long[] {rows, config.hidden()}, 0);
    }

    @Override
    public String output() {
        return Weights.OUTPUT;
    }

    @Override
    public boolean isComputed(String name) {
        return COMPUTED.stream().anyMatch(name::endsWith);
    }

    @Override
    public String source() {
        return ConfigKeys.FILE;
    }

    @Override
    public String whyMissing() {
        return "the folder is incomplete or config.json is another model's";
    }
}

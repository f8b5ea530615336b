package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The names of GGUF files. llama.cpp's converter stores q, k and v separately and interleaves the
/// rows of q and k, for ALiBi models too; our own files hold them packed in the official order.
record GgufNames(ModelConfig config) implements TensorNames {
    static final String EMBEDDING = "token_embd.weight";
    static final String FINAL_NORM = "output_norm.weight";
    static final String OUTPUT = "output.weight";
    static final String PACKED = "attn_qkv.weight";

    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.+)");

    private static final Map<String, String> OUTSIDE =
            Map.of(
                    Weights.EMBEDDING, EMBEDDING,
                    Weights.FINAL_NORM, FINAL_NORM,
                    Weights.OUTPUT, OUTPUT);

    private static final Map<String, String> IN_LAYER =
            Map.of(
                    "input_layernorm.weight",
                    "attn_norm.weight",
                    HubNames.PACKED,
                    PACKED,
                    "self_attn.o_proj.weight",
                    "attn_output.weight",
                    "post_attention_layernorm.weight",
                    "ffn_norm.weight",
                    "mlp.gate_proj.weight",
                    "ffn_gate.weight",
                    "mlp.up_proj.weight",
                    "ffn_up.weight",
                    "mlp.down_proj.weight",
                    "ffn_down.weight");

    /// The name under which a weight of this official name is stored here, in one piece.
    ///
    /// @throws IllegalArgumentException for a name that [Weights#of] does not ask for
    static String of(String official) {
        @Nullable String name = OUTSIDE.get(official);
        var layer = LAYER.matcher(official);
        if (name == null && layer.matches() && IN_LAYER.containsKey(layer.group(2)))
            name = "blk." + layer.group(1) + "." + IN_LAYER.get(layer.group(2));
        if (name == null)
            throw new IllegalArgumentException(official + " is no weight of a decoder");
        return name;
    }

    @Override
    public List<List<Place>> places(String official, long... shape) {
        String name = of(official);
        var whole = List.of(new Place(name, shape, 0));
        if (!name.endsWith(PACKED)) return List.of(whole);
        var prefix = name.substring(0, name.length() - PACKED.length());
        return List.of(
                List.of(
                        projection(prefix + "attn_q.weight", config.queryWidth(), config.heads()),
                        projection(prefix + "attn_k.weight", config.kvWidth(), config.kvHeads()),
                        projection(prefix + "attn_v.weight", config.kvWidth(), 0)),
                whole);
    }

    private Place projection(String name, long rows, int interleavedHeads) {
        return new Place(name, new long[] {rows, config.hidden()}, interleavedHeads);
    }

    @Override
    public String output() {
        return OUTPUT;
    }

    @Override
    public boolean isComputed(String name) {
        return false;
    }

    @Override
    public String source() {
        return "its metadata";
    }

    @Override
    public String whyMissing() {
        return "the file is damaged or of another kind of model; take another copy";
    }
}

package chuan.model;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// All weights of a decoder. [#of] is the one list of names and shapes: loader, saver, initialiser
/// and planner go through it.
///
/// @param embedding `[vocab, hidden]`
/// @param finalNorm `[hidden]`
/// @param output `[vocab, hidden]`; with tied embeddings the same object as `embedding`
public record Weights<W>(W embedding, List<Block<W>> blocks, W finalNorm, W output) {

    public static final String EMBEDDING = "model.embed_tokens.weight";
    public static final String FINAL_NORM = "model.norm.weight";
    public static final String OUTPUT = "lm_head.weight";

    private static final String LAYERS = "model.layers.";

    /// The layer that the weight of this official name belongs to, if any.
    public static OptionalInt layerOf(String name) {
        if (!name.startsWith(LAYERS)) return OptionalInt.empty();
        int end = name.indexOf('.', LAYERS.length());
        return OptionalInt.of(Integer.parseInt(name, LAYERS.length(), end, 10));
    }

    /// One layer: norms `[hidden]`, qkv `[qkvWidth, hidden]`, attentionOut `[hidden, queryWidth]`,
    /// gate and up `[ff, hidden]`, down `[hidden, ff]`.
    public record Block<W>(
            W attentionNorm, W qkv, W attentionOut, W mlpNorm, W gate, W up, W down) {}

    /// Where weights come from: files, an initialiser, another back end.
    public interface Source<W> {
        /// The tensor with this official name; `shape` is what the configuration asks for.
        W get(String name, long... shape);
    }

    /// Asks `source` for each tensor by its official (Hugging Face) name and shape, in the order of
    /// the file: embedding, blocks, final norm, output.
    public static <W> Weights<W> of(ModelConfig c, Source<W> source) {
        W embedding = source.get(EMBEDDING, c.vocab(), c.hidden());
        var blocks = IntStream.range(0, c.layers()).mapToObj(i -> block(c, i, source)).toList();
        W finalNorm = source.get(FINAL_NORM, c.hidden());
        W output = c.tiedEmbeddings() ? embedding : source.get(OUTPUT, c.vocab(), c.hidden());
        return new Weights<>(embedding, blocks, finalNorm, output);
    }

    private static <W> Block<W> block(ModelConfig c, int layer, Source<W> source) {
        var p = LAYERS + layer + ".";
        return new Block<>(
                source.get(p + "input_layernorm.weight", c.hidden()),
                source.get(p + "self_attn.W_pack.weight", c.qkvWidth(), c.hidden()),
                source.get(p + "self_attn.o_proj.weight", c.hidden(), c.queryWidth()),
                source.get(p + "post_attention_layernorm.weight", c.hidden()),
                source.get(p + "mlp.gate_proj.weight", c.ff(), c.hidden()),
                source.get(p + "mlp.up_proj.weight", c.ff(), c.hidden()),
                source.get(p + "mlp.down_proj.weight", c.hidden(), c.ff()));
    }
}

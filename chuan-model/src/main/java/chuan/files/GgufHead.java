package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The keys of a GGUF file that we write: those of llama.cpp, so that it opens what it can run, and
/// ours, which say the rest.
///
/// @param config with a plain head: the rows of a normalised one are written normalised
/// @param packed q, k and v are one tensor in the official order, as in our own files
/// @param llama the model is a LLaMA, not a Baichuan
record GgufHead(ModelConfig config, boolean llama, boolean packed) {
    /// What general.file_type says for a file of mostly this type.
    private static final Map<DType, Integer> FILE_TYPES =
            Map.of(DType.F32, 0, DType.F16, 1, DType.Q4_0, 2, DType.Q8_0, 7, DType.BF16, 32);

    /// GGUF knows no dynamic scaling; ours is fixed by the context, so its base says it all.
    private double base(Position.Rope rope) {
        return rope.scaling().base(rope.theta(), config.headDim());
    }

    /// That of the model, but `llama` where only its code in llama.cpp can run a Baichuan: RoPE
    /// with another depth than Baichuan-7B's, another base, or grouped queries.
    String architecture() {
        if (!(config.position() instanceof Position.Rope rope)) return GgufConfig.BAICHUAN;
        boolean likeSevenB =
                config.layers() == GgufConfig.ROPE_LAYERS
                        && config.kvHeads() == config.heads()
                        && base(rope) == GgufConfig.DEFAULT_THETA;
        return !llama && (packed || likeSevenB) ? GgufConfig.BAICHUAN : GgufConfig.LLAMA;
    }

    /// LLaMA folders store q, k and v apart, Baichuan's do not; GGUF files say it.
    static boolean isLlama(ModelFolder model) {
        if (Files.isRegularFile(model.path()))
            return GgufFile.open(model.path())
                    .keys()
                    .text(GgufConfig.ARCHITECTURE)
                    .equals(Optional.of(GgufConfig.LLAMA));
        return model.stored().containsKey("model.layers.0.self_attn.q_proj.weight");
    }

    /// Whether llama.cpp runs a file of this head right: it knows ALiBi by the depth of 40 alone.
    boolean runsInLlamaCpp() {
        return !packed
                && (config.position() instanceof Position.Rope
                        || config.layers() == GgufConfig.ALIBI_LAYERS);
    }

    /// llama.cpp refuses a `baichuan` without an output matrix of its own.
    boolean tied() {
        return config.tiedEmbeddings() && !runsInLlamaCpp();
    }

    /// @param name of the model
    /// @param mostly type of most matrices
    /// @param vocabulary `tokenizer.ggml.*`
    Map<String, GgufValue> keys(
            String name,
            DType mostly,
            GenerationConfig generation,
            Map<String, GgufValue> vocabulary,
            Optional<byte[]> tokenizer) {
        var keys = new LinkedHashMap<String, GgufValue>();
        String own = architecture() + ".";
        keys.put(GgufConfig.ARCHITECTURE, GgufValues.of(architecture()));
        keys.put("general.type", GgufValues.of("model"));
        keys.put("general.name", GgufValues.of(name));
        if (mostly.isQuantized()) keys.put("general.quantization_version", GgufValues.of(2));
        Integer fileType = FILE_TYPES.get(mostly);
        if (fileType != null) keys.put("general.file_type", GgufValues.of(fileType.intValue()));
        keys.put(own + "context_length", GgufValues.of(config.maxContext()));
        keys.put(own + "embedding_length", GgufValues.of(config.hidden()));
        keys.put(own + "block_count", GgufValues.of(config.layers()));
        keys.put(own + "feed_forward_length", GgufValues.of(config.ff()));
        keys.put(own + "vocab_size", GgufValues.of(config.vocab()));
        keys.put(own + "attention.head_count", GgufValues.of(config.heads()));
        keys.put(own + "attention.head_count_kv", GgufValues.of(config.kvHeads()));
        if (config.queryWidth() != config.hidden()) {
            keys.put(own + "attention.key_length", GgufValues.of(config.headDim()));
            keys.put(own + "attention.value_length", GgufValues.of(config.headDim()));
        }
        keys.put(own + "attention.layer_norm_rms_epsilon", GgufValues.of(config.normEps()));
        keys.put(own + "rope.dimension_count", GgufValues.of(config.headDim()));
        if (config.position() instanceof Position.Rope rope) {
            keys.put(own + "rope.freq_base", GgufValues.of((float) base(rope)));
            if (rope.scaling() instanceof RopeScaling.Linear(double factor)) {
                keys.put(own + "rope.scaling.type", GgufValues.of("linear"));
                keys.put(own + "rope.scaling.factor", GgufValues.of((float) factor));
            }
        }
        boolean alibi = config.position() instanceof Position.Alibi;
        keys.put(GgufConfig.POSITION, GgufValues.of(alibi ? "alibi" : "rope"));
        if (tied()) keys.put(GgufConfig.TIED_EMBEDDINGS, GgufValues.of(true));
        keys.put(GgufConfig.GENERATION, GgufValues.of(generation.toJson().compact()));
        keys.putAll(vocabulary);
        putId(keys, GgufConfig.PAD, config.padId());
        putId(keys, GgufConfig.BEGIN, generation.bosTokenId());
        if (!generation.eosTokenIds().isEmpty())
            putId(keys, GgufConfig.END, generation.eosTokenIds().getFirst());
        tokenizer.ifPresent(bytes -> keys.put(GgufConfig.TOKENIZER, GgufValues.of(bytes)));
        return keys;
    }

    /// For a head whose rows are written with length one.
    static ModelConfig withPlainHead(ModelConfig c) {
        return new ModelConfig(
                c.vocab(),
                c.hidden(),
                c.ff(),
                c.layers(),
                c.heads(),
                c.kvHeads(),
                c.headDim(),
                c.maxContext(),
                c.normEps(),
                c.position(),
                false,
                c.tiedEmbeddings(),
                c.padId());
    }

    /// What the model's own files say decides over the vocabulary.
    private static void putId(Map<String, GgufValue> keys, String key, int id) {
        if (id >= 0) keys.put(key, GgufValues.of(id));
    }
}

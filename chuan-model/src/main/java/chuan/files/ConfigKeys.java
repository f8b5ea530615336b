package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Between the keys of a Hugging Face `config.json` and [ModelConfig]. Which variant a folder holds
/// is read from keys, and where they leave a doubt, the reason for the choice is part of what
/// loading reports.
///
/// @param positionReason one sentence: the scheme and the key that decided it
record ConfigKeys(ModelConfig config, String positionReason) {
    static final String FILE = "config.json";

    /// Our own keys. They decide before all others, and stand in every folder written here.
    static final String POSITION = "position_embedding";

    static final String NORMALIZED_HEAD = "normalized_head";

    /// Absent in folders with plain weights.
    static final String QUANTIZATION = "quantization_config";

    private static final int BAICHUAN2_VOCAB = 125_696;
    private static final double DEFAULT_THETA = 10_000;

    record Choice(Position position, String reason) {}

    /// @param chosen a position scheme the user asked for; decides before all keys
    static ConfigKeys read(JsonFields keys, Optional<Position> chosen) {
        refuseUnsupported(keys);
        int hidden = keys.integer("hidden_size");
        int heads = keys.integer("num_attention_heads");
        int vocab = keys.integer("vocab_size");
        if (heads <= 0 || (!keys.has("head_dim") && hidden % heads != 0))
            throw MalformedFileException.key(
                    keys.file(),
                    "num_attention_heads",
                    heads + " does not divide hidden_size " + hidden);
        Choice choice =
                chosen.map(p -> new Choice(p, describe(p) + ", as asked for"))
                        .orElseGet(() -> choosePosition(keys, hidden, heads));
        int context = maxContext(keys);
        try {
            var config =
                    new ModelConfig(
                            vocab,
                            hidden,
                            keys.integer("intermediate_size"),
                            keys.integer("num_hidden_layers"),
                            heads,
                            keys.integer("num_key_value_heads", heads),
                            keys.integer("head_dim", hidden / heads),
                            context,
                            (float) keys.decimal("rms_norm_eps", 1e-6),
                            choice.position,
                            keys.flag(NORMALIZED_HEAD, vocab == BAICHUAN2_VOCAB),
                            keys.flag("tie_word_embeddings", false),
                            keys.integer("pad_token_id", -1));
            return new ConfigKeys(config, choice.reason);
        } catch (IllegalArgumentException e) {
            throw MalformedFileException.of(keys.file(), String.valueOf(e.getMessage()));
        }
    }

    ConfigKeys withPosition(Position position) {
        return new ConfigKeys(config.withPosition(position), describe(position) + ", as asked for");
    }

    /// What would load and then answer nonsense.
    private static void refuseUnsupported(JsonFields keys) {
        String activation = keys.text("hidden_act").orElse("silu");
        if (!activation.equals("silu"))
            throw MalformedFileException.key(
                    keys.file(), "hidden_act", activation + " is not supported, only silu is");
        for (String key : List.of("attention_bias", "mlp_bias"))
            if (keys.flag(key, false))
                throw MalformedFileException.key(
                        keys.file(), key, "models with biases are not supported");
        quantizedBits(keys);
    }

    /// Bits of codes if the matrices are stored in the official per-row scheme, as [OfficialExport]
    /// writes it.
    ///
    /// @throws MalformedFileException for any other quantization
    static OptionalInt quantizedBits(JsonFields keys) {
        var value = keys.find(QUANTIZATION);
        if (value.isEmpty()) return OptionalInt.empty();
        if (value.get() instanceof Json.Obj object) {
            var fields = new JsonFields(keys.file(), object);
            int bits = fields.integer("bits", 0);
            if (fields.text("quant_method").equals(Optional.of(OfficialExport.METHOD))
                    && (bits == 8 || bits == 4)) return OptionalInt.of(bits);
        }
        throw MalformedFileException.key(
                keys.file(),
                QUANTIZATION,
                "weights quantized elsewhere are not supported; take the 16-bit model");
    }

    private static Choice choosePosition(JsonFields keys, int hidden, int heads) {
        double theta = RopeKeys.theta(keys, DEFAULT_THETA);
        var explicit = keys.text(POSITION);
        if (explicit.isPresent())
            return switch (explicit.get()) {
                case "alibi" -> alibi(keys, "says " + POSITION);
                case "rope" -> rope(keys, theta, "says " + POSITION);
                default ->
                        throw MalformedFileException.key(
                                keys.file(), POSITION, "must be \"alibi\" or \"rope\"");
            };
        String architecture = architecture(keys);
        if (architecture.toLowerCase(Locale.ROOT).startsWith("llama"))
            return rope(keys, theta, "architecture " + architecture);
        if (!architecture.toLowerCase(Locale.ROOT).startsWith("baichuan"))
            throw MalformedFileException.key(
                    keys.file(),
                    "architectures",
                    architecture + " is not supported; Baichuan and LLaMA models are");
        if (keys.has(RopeKeys.THETA)) return rope(keys, theta, "key rope_theta");
        boolean alibiKey = keys.has("model_max_length");
        boolean ropeKey = keys.has("max_position_embeddings");
        if (alibiKey && !ropeKey)
            return alibi(keys, "key model_max_length without max_position_embeddings");
        if (ropeKey && !alibiKey)
            return rope(keys, theta, "key max_position_embeddings without model_max_length");
        if (!alibiKey)
            throw MalformedFileException.of(
                    keys.file(),
                    "neither model_max_length nor max_position_embeddings: " + addTheKey());
        // Both keys: a 13B folder whose owner added max_position_embeddings for a server that
        // insists on it, or Baichuan2-7B, which was published with both. Nothing but its published
        // numbers of heads and width tells it apart.
        return heads == 32 && hidden == 4096
                ? rope(keys, theta, "both length keys, 32 heads and width 4096 as in Baichuan2-7B")
                : alibi(keys, "key model_max_length; max_position_embeddings was added to it");
    }

    private static String architecture(JsonFields keys) {
        if (keys.find("architectures").orElse(new Json.Null()) instanceof Json.Arr(var names)
                && names.size() == 1
                && names.getFirst() instanceof Json.Str(String name)) return name;
        throw MalformedFileException.key(
                keys.file(),
                "architectures",
                "does not name the architecture, so the position scheme is a guess: "
                        + addTheKey());
    }

    private static String addTheKey() {
        return "add \"" + POSITION + "\": \"alibi\" (13B) or \"rope\" (7B, LLaMA) to the file";
    }

    private static int maxContext(JsonFields keys) {
        return keys.integer("model_max_length", keys.integer("max_position_embeddings", 4096));
    }

    private static Choice alibi(JsonFields keys, String why) {
        RopeKeys.refuse(keys, "belongs to RoPE, but this is an ALiBi model");
        return new Choice(new Position.Alibi(), describe(new Position.Alibi()) + " (" + why + ")");
    }

    private static Choice rope(JsonFields keys, double theta, String why) {
        if (!(theta > 0) || Double.isInfinite(theta))
            throw MalformedFileException.key(keys.file(), RopeKeys.THETA, "must be positive");
        var rope = new Position.Rope(theta, RopeKeys.scaling(keys, maxContext(keys)));
        return new Choice(rope, describe(rope) + " (" + why + ")");
    }

    static String describe(Position position) {
        return switch (position) {
            case Position.Alibi(double stretch) ->
                    "ALiBi: a distance penalty per head"
                            + (stretch == 1 ? "" : ", stretched by " + stretch);
            case Position.Rope(double theta, RopeScaling scaling) ->
                    "RoPE with base " + (long) theta + RopeKeys.describe(scaling);
        };
    }

    /// The keys of the official Baichuan configuration, then ours.
    static Json.Obj write(ModelConfig c, GenerationConfig ids, DType dtype) {
        var fields = new LinkedHashMap<String, Json>();
        boolean alibi = c.position() instanceof Position.Alibi;
        put(
                fields,
                "architectures",
                List.of(alibi ? "BaichuanForCausalLM" : "BaiChuanForCausalLM"));
        put(fields, "model_type", "baichuan");
        put(fields, "bos_token_id", ids.bosTokenId());
        put(
                fields,
                "eos_token_id",
                ids.eosTokenIds().isEmpty() ? -1 : ids.eosTokenIds().getFirst());
        put(fields, "pad_token_id", c.padId());
        put(fields, "hidden_act", "silu");
        put(fields, "hidden_size", c.hidden());
        put(fields, "initializer_range", 0.02f);
        put(fields, "intermediate_size", c.ff());
        put(fields, alibi ? "model_max_length" : "max_position_embeddings", c.maxContext());
        put(fields, "num_attention_heads", c.heads());
        put(fields, "num_hidden_layers", c.layers());
        put(fields, "rms_norm_eps", c.normEps());
        put(fields, "tie_word_embeddings", c.tiedEmbeddings());
        put(
                fields,
                "torch_dtype",
                switch (dtype) {
                    case BF16 -> "bfloat16";
                    case F16 -> "float16";
                    case F64, F32, I64, I32, I16, I8, U8, BOOL -> "float32";
                    case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                            "float32";
                });
        put(fields, "use_cache", true);
        put(fields, "vocab_size", c.vocab());
        put(fields, POSITION, alibi ? "alibi" : "rope");
        if (c.position() instanceof Position.Rope(double theta, RopeScaling scaling)) {
            put(fields, RopeKeys.THETA, theta);
            RopeKeys.write(scaling).ifPresent(scaled -> fields.put(RopeKeys.SCALING, scaled));
        }
        if (c.normalizedHead()) put(fields, NORMALIZED_HEAD, true);
        if (c.kvHeads() != c.heads()) put(fields, "num_key_value_heads", c.kvHeads());
        if (c.headDim() * c.heads() != c.hidden()) put(fields, "head_dim", c.headDim());
        fields.values().removeIf(v -> v.equals(new Json.Num("-1")));
        return new Json.Obj(fields);
    }

    private static void put(LinkedHashMap<String, Json> fields, String key, Object value) {
        fields.putAll(Json.Obj.of(key, value).fields());
    }
}

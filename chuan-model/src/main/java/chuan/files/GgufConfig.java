package chuan.files;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Between the metadata of a GGUF file and [ModelConfig], for the architectures `baichuan` and
/// `llama`.
final class GgufConfig {
    /// Our own keys.
    static final String POSITION = "chuan.position";

    static final String TIED_EMBEDDINGS = "chuan.tied_embeddings";
    static final String GENERATION = "chuan.generation_config";
    static final String TOKENIZER = "chuan.tokenizer_model";

    static final String ARCHITECTURE = "general.architecture";
    static final String BAICHUAN = "baichuan";
    static final String LLAMA = "llama";
    static final String TOKENS = "tokenizer.ggml.tokens";
    static final String PAD = "tokenizer.ggml.padding_token_id";
    static final String BEGIN = "tokenizer.ggml.bos_token_id";
    static final String END = "tokenizer.ggml.eos_token_id";

    /// What llama.cpp takes a file without these keys to mean.
    static final double DEFAULT_THETA = 10_000;

    private static final int DEFAULT_BEGIN = 1;
    private static final int DEFAULT_END = 2;

    static final int ALIBI_LAYERS = 40;
    static final int ROPE_LAYERS = 32;

    private final GgufFile file;
    private final GgufKeys keys;
    private final String architecture;

    private GgufConfig(GgufFile file, String architecture) {
        this.file = file;
        this.keys = file.keys();
        this.architecture = architecture;
    }

    /// @param chosen a position scheme the user asked for; decides before all keys
    static ConfigKeys read(GgufFile file, Optional<Position> chosen) {
        var keys = file.keys();
        String architecture =
                keys.text(ARCHITECTURE)
                        .orElseThrow(() ->
                                MalformedFileException.key(
                                        keys.file(), ARCHITECTURE, "is missing"));
        if (!architecture.equals(BAICHUAN) && !architecture.equals(LLAMA))
            throw MalformedFileException.key(
                    keys.file(),
                    ARCHITECTURE,
                    "\"" + architecture + "\" is not supported; baichuan and llama are");
        return new GgufConfig(file, architecture).read(chosen);
    }

    private ConfigKeys read(Optional<Position> chosen) {
        refuseUnsupported();
        int hidden = keys.integer(own("embedding_length"));
        int layers = keys.integer(own("block_count"));
        int heads = keys.integer(own("attention.head_count"));
        if (heads <= 0 || (!keys.has(own("attention.key_length")) && hidden % heads != 0))
            throw MalformedFileException.key(
                    keys.file(),
                    own("attention.head_count"),
                    heads + " does not divide embedding_length " + hidden);
        var choice =
                chosen.map(p -> new ConfigKeys.Choice(p, ConfigKeys.describe(p) + ", as asked for"))
                        .orElseGet(() -> choosePosition(layers));
        int headWidth = headWidth(hidden / heads, choice.position());
        try {
            var config =
                    new ModelConfig(
                            vocabulary(),
                            hidden,
                            keys.integer(own("feed_forward_length")),
                            layers,
                            heads,
                            keys.integer(own("attention.head_count_kv"), heads),
                            headWidth,
                            keys.integer(own("context_length")),
                            (float) keys.decimal(own("attention.layer_norm_rms_epsilon")),
                            choice.position(),
                            false,
                            tied(),
                            keys.optionalInteger(PAD).orElse(-1));
            return new ConfigKeys(config, choice.reason());
        } catch (IllegalArgumentException e) {
            throw MalformedFileException.of(keys.file(), String.valueOf(e.getMessage()));
        }
    }

    private String own(String key) {
        return architecture + "." + key;
    }

    /// What would load and then answer nonsense.
    private void refuseUnsupported() {
        int parts = keys.integer("split.count", 1);
        if (parts > 1)
            throw MalformedFileException.key(
                    keys.file(),
                    "split.count",
                    "one of " + parts + " parts; merge them with llama-gguf-split --merge");
        int experts = keys.integer(own("expert_count"), 0);
        if (experts > 0)
            throw MalformedFileException.key(
                    keys.file(), own("expert_count"), "mixtures of experts are not supported");
    }

    private RopeScaling scaling() {
        String type = keys.text(own("rope.scaling.type")).orElse("none");
        if (type.equals("none")) return new RopeScaling.None();
        if (!type.equals("linear"))
            throw MalformedFileException.key(
                    keys.file(),
                    own("rope.scaling.type"),
                    "\"" + type + "\" is not supported; none and linear are");
        double factor = keys.decimal(own("rope.scaling.factor"), 1);
        if (!(factor >= 1) || Double.isInfinite(factor))
            throw MalformedFileException.key(
                    keys.file(), own("rope.scaling.factor"), "must be at least 1");
        return new RopeScaling.Linear(factor);
    }

    /// Heads may be wider or narrower than their share of the residual stream; keys and values are
    /// alike here, and the rotation takes all of a head.
    private int headWidth(int share, Position position) {
        int width = keys.integer(own("attention.key_length"), share);
        refuseOther("attention.value_length", width);
        if (position instanceof Position.Rope) refuseOther("rope.dimension_count", width);
        return width;
    }

    private void refuseOther(String key, int only) {
        int value = keys.integer(own(key), only);
        if (value != only)
            throw MalformedFileException.key(
                    keys.file(), own(key), value + " is not supported; the head width is " + only);
    }

    /// Rows of the embedding. The vocabulary may be shorter; a converter pads it.
    private int vocabulary() {
        var embedding = file.tensors().get(GgufNames.EMBEDDING);
        if (embedding == null)
            throw MalformedFileException.tensor(keys.file(), GgufNames.EMBEDDING, "is missing");
        try {
            return Math.toIntExact(embedding.shape()[0]);
        } catch (ArithmeticException _) {
            throw MalformedFileException.tensor(
                    keys.file(), GgufNames.EMBEDDING, "has more rows than any vocabulary");
        }
    }

    /// llama.cpp reads a LLaMA without an output matrix as tied, and refuses such a Baichuan.
    private boolean tied() {
        boolean absent = !file.tensors().containsKey(GgufNames.OUTPUT);
        return keys.flag(TIED_EMBEDDINGS, absent && architecture.equals(LLAMA));
    }

    private ConfigKeys.Choice choosePosition(int layers) {
        var explicit = keys.text(POSITION);
        if (explicit.isPresent())
            return switch (explicit.get()) {
                case "alibi" -> alibi("key " + POSITION);
                case "rope" -> rope("key " + POSITION);
                default ->
                        throw MalformedFileException.key(
                                keys.file(), POSITION, "must be \"alibi\" or \"rope\"");
            };
        if (architecture.equals(LLAMA)) return rope("architecture llama");
        // No key of such files tells the two Baichuan families apart; llama.cpp goes by depth too.
        return switch (layers) {
            case ALIBI_LAYERS -> alibi("architecture baichuan with 40 layers");
            case ROPE_LAYERS -> rope("architecture baichuan with 32 layers");
            default ->
                    throw MalformedFileException.key(
                            keys.file(),
                            POSITION,
                            "is missing: a baichuan file of "
                                    + layers
                                    + " layers does not say how positions enter; set it to \"alibi\""
                                    + " or \"rope\" with gguf_new_metadata.py or write the file with"
                                    + " chuan");
        };
    }

    private static ConfigKeys.Choice alibi(String why) {
        return choice(new Position.Alibi(), why);
    }

    private ConfigKeys.Choice rope(String why) {
        double theta = keys.decimal(own("rope.freq_base"), DEFAULT_THETA);
        if (!(theta > 0) || Double.isInfinite(theta))
            throw MalformedFileException.key(
                    keys.file(), own("rope.freq_base"), "must be positive");
        return choice(new Position.Rope(theta, scaling()), why);
    }

    private static ConfigKeys.Choice choice(Position position, String why) {
        return new ConfigKeys.Choice(position, ConfigKeys.describe(position) + " (" + why + ")");
    }

    /// What `generation_config.json` said, if the file holds it, with the special ids of the
    /// vocabulary behind it.
    static GenerationConfig generation(GgufFile file) {
        var keys = file.keys();
        var ids =
                Json.Obj.of(
                        "pad_token_id", keys.optionalInteger(PAD).orElse(-1),
                        "bos_token_id", keys.integer(BEGIN, DEFAULT_BEGIN),
                        "eos_token_id", keys.integer(END, DEFAULT_END));
        return GenerationConfig.read(
                new JsonFields(keys.file(), ids),
                new JsonFields(keys.file(), generationKeys(keys)));
    }

    private static Json.Obj generationKeys(GgufKeys keys) {
        var text = keys.text(GENERATION);
        if (text.isEmpty()) return Json.Obj.of();
        try {
            byte[] utf8 = text.get().getBytes(StandardCharsets.UTF_8);
            if (Json.parse(keys.file(), utf8) instanceof Json.Obj object) return object;
        } catch (MalformedFileException e) {
            throw MalformedFileException.key(
                    keys.file(), GENERATION, "is not JSON: " + e.getMessage());
        }
        throw MalformedFileException.key(keys.file(), GENERATION, "is not a JSON object");
    }

    /// Whether the file holds a vocabulary.
    static boolean hasTokenizer(GgufFile file) {
        return file.values().containsKey(TOKENS) || file.values().containsKey(TOKENIZER);
    }
}

package chuan.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.RopeScaling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The variants of `config.json` that are about, and what decides between them.
class ConfigKeysTest {
    private static final Path FILE = Path.of("folder", "config.json");

    private static ConfigKeys read(Object... namesAndValues) {
        var fields =
                new LinkedHashMap<>(
                        Json.Obj.of(
                                        "hidden_size", 96,
                                        "intermediate_size", 256,
                                        "num_attention_heads", 12,
                                        "num_hidden_layers", 3,
                                        "vocab_size", 512,
                                        "rms_norm_eps", 1e-6)
                                .fields());
        fields.putAll(Json.Obj.of(namesAndValues).fields());
        return ConfigKeys.read(new JsonFields(FILE, new Json.Obj(fields)), Optional.empty());
    }

    private static final List<String> BAICHUAN13 = List.of("BaichuanForCausalLM");
    private static final List<String> BAICHUAN7 = List.of("BaiChuanForCausalLM");

    @Test
    void officialKeysOf13bMeanAlibi() {
        var keys = read("architectures", BAICHUAN13, "model_max_length", 4096);
        assertThat(keys.config().position()).isEqualTo(new Position.Alibi());
        assertThat(keys.positionReason())
                .isEqualTo(
                        "ALiBi: a distance penalty per head (key model_max_length without"
                                + " max_position_embeddings)");
    }

    @Test
    void anAddedMaxPositionEmbeddingsDoesNotChangeThat() {
        var keys =
                read(
                        "architectures", BAICHUAN13,
                        "model_max_length", 4096,
                        "max_position_embeddings", 4096);
        assertThat(keys.config().position()).isEqualTo(new Position.Alibi());
        assertThat(keys.positionReason()).contains("max_position_embeddings was added");
    }

    @Test
    void officialKeysOf7bMeanRopeUnderEitherClassName() {
        for (var architectures : List.of(BAICHUAN7, BAICHUAN13)) {
            var keys =
                    read(
                            "architectures", architectures,
                            "max_position_embeddings", 4096,
                            "hidden_size", 4096,
                            "num_attention_heads", 32);
            assertThat(keys.config().position()).isEqualTo(new Position.Rope(10_000));
        }
    }

    @Test
    void baichuan2KeepsItsHeadNormalizedAndIts7bIsRope() {
        var large =
                read("architectures", BAICHUAN13, "model_max_length", 4096, "vocab_size", 125_696);
        assertThat(large.config().normalizedHead()).isTrue();
        assertThat(large.config().position()).isEqualTo(new Position.Alibi());
        var small =
                read(
                        "architectures", BAICHUAN13,
                        "model_max_length", 4096,
                        "max_position_embeddings", 4096,
                        "hidden_size", 4096,
                        "num_attention_heads", 32,
                        "vocab_size", 125_696);
        assertThat(small.config().normalizedHead()).isTrue();
        assertThat(small.config().position()).isEqualTo(new Position.Rope(10_000));
    }

    @Test
    void withoutAnArchitectureNothingIsGuessed() {
        assertThatThrownBy(() -> read("model_max_length", 4096))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageStartingWith(FILE + ": key \"architectures\"")
                .hasMessageContaining("add \"position_embedding\": \"alibi\"");
    }

    @Test
    void ourOwnKeyDecidesBeforeAllOthers() {
        assertThat(read("position_embedding", "rope", "model_max_length", 4096).config().position())
                .isEqualTo(new Position.Rope(10_000));
        assertThat(
                        read("position_embedding", "alibi", "max_position_embeddings", 2048)
                                .config()
                                .position())
                .isEqualTo(new Position.Alibi());
        assertThatThrownBy(() -> read("position_embedding", "learned"))
                .hasMessageContaining("must be \"alibi\" or \"rope\"");
    }

    @Test
    void llamaKeysAreUnderstood() {
        var c =
                read(
                                "architectures",
                                List.of("LlamaForCausalLM"),
                                "max_position_embeddings",
                                2048,
                                "num_key_value_heads",
                                4,
                                "head_dim",
                                16,
                                "rope_theta",
                                500000.0,
                                "rope_scaling",
                                new Json.Null(),
                                "tie_word_embeddings",
                                true)
                        .config();
        assertThat(c.position()).isEqualTo(new Position.Rope(500_000));
        assertThat(c.kvHeads()).isEqualTo(4);
        assertThat(c.headDim()).isEqualTo(16);
        assertThat(c.tiedEmbeddings()).isTrue();
        assertThat(c.padId()).isEqualTo(-1);
        assertThat(c.maxContext()).isEqualTo(2048);
    }

    @Test
    void whatWouldComputeNonsenseIsRefused() {
        refused("key \"hidden_act\": gelu", "hidden_act", "gelu");
        refused("key \"rope_scaling\"", "rope_scaling", Json.Obj.of("type", "linear"));
        refused("key \"attention_bias\"", "attention_bias", true);
        refused("Qwen2ForCausalLM is not supported", "architectures", List.of("Qwen2ForCausalLM"));
        refused("num_attention_heads\": 7 does not divide", "num_attention_heads", 7);
        refused("num_hidden_layers must be positive", "num_hidden_layers", 0);
        refused("key \"vocab_size\": is not an integer", "vocab_size", 512.5);
        refused("key \"vocab_size\": is not an integer", "vocab_size", 1L << 40);
        refused("key \"hidden_size\": must be a number", "hidden_size", "96");
        refused("is out of any range", "rms_norm_eps", new Json.Num("1e-999999999"));
        refused("rms_norm_eps must be positive", "rms_norm_eps", 0);
    }

    @Test
    void linearAndDynamicRopeScalingAreReadAndOthersNamed() {
        assertThat(scaled("rope_scaling", Json.Obj.of("type", "linear", "factor", 2.5)))
                .isEqualTo(new Position.Rope(10_000, new RopeScaling.Linear(2.5)));
        assertThat(scaled("rope_scaling", Json.Obj.of("rope_type", "dynamic", "factor", 2)))
                .isEqualTo(new Position.Rope(10_000, new RopeScaling.Dynamic(2, 4096, 4096)));
        assertThat(scaled("rope_scaling", Json.Obj.of("rope_type", "default")))
                .isEqualTo(new Position.Rope(10_000));
        assertThat(
                        scaled(
                                "rope_parameters",
                                Json.Obj.of("rope_type", "default", "rope_theta", 500_000)))
                .as("as transformers 5 writes it")
                .isEqualTo(new Position.Rope(500_000));
        for (var unknown : List.of("yarn", "llama3", "longrope"))
            assertThatThrownBy(() ->
                            scaled("rope_scaling", Json.Obj.of("rope_type", unknown, "factor", 8)))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessage(
                            FILE
                                    + ": key \"rope_scaling\": type \""
                                    + unknown
                                    + "\" is not supported; linear and dynamic are");
        assertThatThrownBy(() -> scaled("rope_scaling", Json.Obj.of("type", "linear")))
                .hasMessageContaining("has no \"factor\"");
        assertThatThrownBy(
                        () -> scaled("rope_scaling", Json.Obj.of("type", "linear", "factor", 0.5)))
                .hasMessageContaining("factor must be a number of at least 1");
    }

    private static Position scaled(String key, Json value) {
        return read(
                        "architectures",
                        List.of("LlamaForCausalLM"),
                        "max_position_embeddings",
                        4096,
                        key,
                        value)
                .config()
                .position();
    }

    @Test
    void numbersOutOfAnyRangeAreNamed() {
        for (String number :
                new String[] {"1e2000", "4923E4532036584775807096", "-1e-99999999999"}) {
            var json = "{\"model_max_length\":" + number + "}";
            var parsed = (Json.Obj) Json.parse(Path.of("config.json"), json.getBytes(UTF_8));
            var fields = new JsonFields(Path.of("config.json"), parsed);
            assertThatThrownBy(() -> fields.integer("model_max_length"))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("model_max_length")
                    .hasMessageContaining("is out of any range: " + number);
        }
    }

    private static void refused(String message, Object... namesAndValues) {
        var all = new ArrayList<Object>(List.of("architectures", BAICHUAN13));
        all.addAll(List.of("model_max_length", 4096));
        all.addAll(List.of(namesAndValues));
        assertThatThrownBy(() -> read(all.toArray()))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(message)
                .hasMessageStartingWith(FILE.toString());
    }

    @Test
    void everyConfigurationSurvivesItsOwnFile() {
        var grouped =
                new ModelConfig(
                        300,
                        96,
                        200,
                        2,
                        6,
                        2,
                        32,
                        777,
                        1e-5f,
                        new Position.Rope(12_345),
                        true,
                        true,
                        -1);
        var linear = grouped.withPosition(new Position.Rope(9, new RopeScaling.Linear(2)));
        var dynamic =
                grouped.withPosition(
                        new Position.Rope(10_000, new RopeScaling.Dynamic(2, 500, 777)));
        for (var config :
                List.of(
                        ModelConfig.baichuan13b(),
                        ModelConfig.baichuan7b(),
                        grouped,
                        linear,
                        dynamic)) {
            var json = ConfigKeys.write(config, GenerationConfig.baichuanChat(), DType.BF16);
            var again = ConfigKeys.read(new JsonFields(FILE, json), Optional.empty());
            assertThat(again.config()).isEqualTo(config);
        }
    }
}

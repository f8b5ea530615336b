package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The variants of `config.json` that people have, as folders on disk: each opens with the right
/// position scheme, named, or is refused in one line. Loaders elsewhere took one for the other and
/// answered nonsense.
class ConfigVariantsTest {
    private static final Path GOLDEN = CommandLineRun.root().resolve("testdata/golden/tiny-alibi");

    @TempDir Path temporary;
    private Path folder = Path.of("");

    @BeforeEach
    void copy() throws IOException {
        folder = temporary.resolve("model");
        Files.createDirectories(folder);
        for (String name : new String[] {"config.json", "model.safetensors"})
            Files.copy(GOLDEN.resolve(name), folder.resolve(name));
        folder.resolve("config.json").toFile().setWritable(true);
    }

    @Test
    void a_officialKeysOf13B() {
        opens("alibi", "model_max_length without max_position_embeddings");
    }

    @Test
    void b_thoseWithMaxPositionEmbeddingsAdded() throws IOException {
        String official = logits();
        edit(keys -> keys.put("max_position_embeddings", 4096));
        opens("alibi", "max_position_embeddings was added");
        assertThat(logits()).isEqualTo(official);
    }

    @Test
    void c_keysOf7B() throws IOException {
        String alibi = logits();
        edit(ConfigVariantsTest::keysOf7B);
        opens("rope, theta 10000.0", "max_position_embeddings without model_max_length");
        assertThat(logits()).isNotEqualTo(alibi);
    }

    private static void keysOf7B(ObjectNode keys) {
        keys.put("max_position_embeddings", 4096);
        keys.remove("model_max_length");
        keys.putArray("architectures").add("BaiChuanForCausalLM");
    }

    /// Baichuan2-7B: published under the class name of 13B, once with both length keys.
    @Test
    void d_keysOf7BUnderTheNameOf13B() throws IOException {
        var config = ModelConfig.baichuan(64, 4096, 8, 1, 32, new Position.Rope(10_000));
        edit(keys -> {
            keysOf7B(keys);
            keys.putArray("architectures").add("BaichuanForCausalLM");
            sizes(keys, config);
        });
        zeros(config);
        opens("rope, theta 10000.0", "max_position_embeddings without model_max_length");
        edit(keys -> keys.put("model_max_length", 4096));
        opens("rope, theta 10000.0", "both length keys, 32 heads and width 4096");
    }

    @Test
    void e_vocabularyOfBaichuan2() throws IOException {
        var config = ModelConfig.baichuan(125_696, 96, 8, 1, 12, new Position.Alibi());
        edit(keys -> sizes(keys, config));
        zeros(config);
        JsonNode report = opens("alibi", "model_max_length");
        assertThat(report.get("normalizedHead").booleanValue()).isTrue();
    }

    @Test
    void f_noArchitecture() throws IOException {
        edit(keys -> keys.remove("architectures"));
        refused("config.json", "\"architectures\"", "add \"position_embedding\": \"alibi\"");
        edit(keys -> keys.put("position_embedding", "alibi"));
        opens("alibi", "says position_embedding");
    }

    @Test
    void g_moreLayersThanTensors() throws IOException {
        edit(keys -> keys.put("num_hidden_layers", 4));
        refused("tensor model.layers.3.input_layernorm.weight", "is missing", "4 layers");
    }

    private JsonNode opens(String position, String reason) {
        var run = CommandLineRun.of("inspect", folder.toString(), "--json");
        assertThat(run.err()).isEmpty();
        var report = Json.mapper().readTree(run.out());
        System.out.println(report.get("positionReason").stringValue());
        assertThat(report.get("position").stringValue()).isEqualTo(position);
        assertThat(report.get("positionReason").stringValue()).contains(reason);
        return report;
    }

    private String logits() {
        var run = CommandLineRun.of("logits", "-m", folder.toString(), "--ids", "1 5 9 77 300 2");
        assertThat(run.err()).isEmpty();
        return run.out();
    }

    private void refused(String... words) {
        for (String[] line :
                new String[][] {
                    {"inspect", folder.toString()},
                    {"logits", "-m", folder.toString(), "--ids", "1"}
                }) {
            var run = CommandLineRun.of(line);
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err().lines()).hasSize(1);
            assertThat(run.err()).contains(words).doesNotContain("Exception");
        }
        System.out.print(CommandLineRun.of("inspect", folder.toString()).err());
    }

    private void edit(Consumer<ObjectNode> change) throws IOException {
        Path file = folder.resolve("config.json");
        var keys = (ObjectNode) Json.mapper().readTree(Files.readString(file));
        change.accept(keys);
        Files.writeString(file, keys.toString());
    }

    private static void sizes(ObjectNode keys, ModelConfig c) {
        keys.put("vocab_size", c.vocab());
        keys.put("hidden_size", c.hidden());
        keys.put("intermediate_size", c.ff());
        keys.put("num_hidden_layers", c.layers());
        keys.put("num_attention_heads", c.heads());
    }

    /// Weights of this shape, all zero: a file with a head and a hole.
    private void zeros(ModelConfig config) throws IOException {
        var tensors = new ArrayList<String>();
        long[] end = {0};
        Weights.of(
                config,
                (name, shape) -> {
                    long from = end[0];
                    end[0] += 2 * Arrays.stream(shape).reduce(1, Math::multiplyExact);
                    tensors.add(
                            "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                                    .formatted(name, Arrays.toString(shape), from, end[0]));
                    return name;
                });
        byte[] head = ("{" + String.join(",", tensors) + "}").getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("model.safetensors");
        Files.delete(file);
        try (var out =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            out.write(length.putLong(head.length).flip());
            out.write(ByteBuffer.wrap(head));
            out.write(ByteBuffer.allocate(1), 8 + head.length + end[0] - 1);
        }
    }
}

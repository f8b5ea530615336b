package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.WeightType;
import chuan.files.ModelFolder;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A model of 26.5 GB is refused, with what would fit, before any of it is read: its file is a
/// hole.
class MemoryCheckTest {
    @TempDir static Path temporary;
    private static Path model = Path.of("");

    @BeforeAll
    static void writeAHole() throws Exception {
        model = Files.createDirectory(temporary.resolve("large"));
        Files.writeString(
                model.resolve("config.json"),
                """
                {"architectures": ["BaichuanForCausalLM"], "hidden_size": 5120,
                "intermediate_size": 13696, "model_max_length": 4096, "num_attention_heads": 40,
                "num_hidden_layers": 40, "rms_norm_eps": 1e-06, "vocab_size": 64000}\
                """);
        var header = new LinkedHashMap<String, Object>();
        var end = new long[1];
        Weights.of(
                ModelConfig.baichuan13b(),
                (name, shape) -> {
                    long bytes = 2;
                    for (long d : shape) bytes *= d;
                    var offsets = List.of(end[0], end[0] + bytes);
                    header.put(
                            name, Map.of("dtype", "BF16", "shape", shape, "data_offsets", offsets));
                    end[0] += bytes;
                    return name;
                });
        byte[] json = Json.line(header).getBytes(StandardCharsets.UTF_8);
        try (var file = new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            file.write(
                    ByteBuffer.allocate(8)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(json.length)
                            .array());
            file.write(json);
            file.setLength(8 + json.length + end[0]);
        }
        assertThat(ModelFolder.open(model).weightBytes()).isEqualTo(26_529_802_240L);
    }

    /// What is said on a machine with this much memory.
    private static String refusal(double gigabytes, KvChoice kv, WeightType weights, int context) {
        var common = new CommonOptions();
        common.kv = kv;
        common.threads = 2;
        var machine = new MachineMemory((long) (gigabytes * 1e9), "as a test says");
        var check = MemoryCheck.of(ModelFolder.open(model), common, context, weights, machine);
        common.weights = weights;
        try {
            check.refuseIfTooMuch();
        } catch (CliException e) {
            System.out.println(e.getMessage());
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("it fits: " + check.summary());
    }

    @Test
    void theCommandEndsWithOneLine() {
        var run =
                CommandLineRun.of("chat", "-m", model.toString(), "--memory-limit", "1G", "hello");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        assertThat(run.err())
                .startsWith("chuan: " + model + " needs 26.53 GB for weights + 3.36 GB for keys")
                .contains("but 1.07 GB are available (--memory-limit 1G)");
    }

    /// Three numbers, their sum, and what there is.
    @Test
    void theTypeThatFitsIsNamed() {
        assertThat(refusal(9.66, KvChoice.AUTO, WeightType.AS_STORED, 4096))
                .contains("26.53 GB for weights", "3.36 GB for keys and values (4,096 tokens, f16)")
                .contains("0.32 GB scratch = 30.20 GB", "9.66 GB are available (as a test says)")
                .contains("no context fits; chuan quantize --type int4 makes the weights 7.79 GB")
                .contains("--ctx 1856 --kv f16, or --ctx 3648 --kv int8, would fit");
        assertThat(refusal(17.2, KvChoice.AUTO, WeightType.AS_STORED, 4096))
                .contains("chuan quantize --type int8 makes the weights 14.10 GB");
        assertThat(refusal(6, KvChoice.AUTO, WeightType.AS_STORED, 4096))
                .contains("no context fits; even the smallest type needs 8.");
    }

    @Test
    void theContextThatFitsIsNamed() {
        assertThat(refusal(28.9, KvChoice.F32, WeightType.AS_STORED, 4096))
                .contains("6.71 GB for keys and values (4,096 tokens, f32)")
                .contains("; --ctx 1216 --kv f32, or --ctx 4096 --kv int8, would fit");
        assertThat(refusal(28.9, KvChoice.INT8, WeightType.AS_STORED, 65_536))
                .contains("; --ctx 4800 --kv int8 would fit");
    }

    @Test
    void convertedWeightsAreCountedAsTheyWouldBeHeld() {
        assertThat(refusal(40, KvChoice.AUTO, WeightType.F32, 512))
                .contains("53.06 GB for weights")
                .contains("; --ctx 512 --kv f16 would fit without --weights f32");
        assertThat(refusal(10, KvChoice.AUTO, WeightType.INT8, 512))
                .contains("13.93 GB for weights");
    }

    @Test
    void inspectShowsThePlans() {
        JsonNode report =
                Json.mapper()
                        .readTree(CommandLineRun.of("inspect", model.toString(), "--json").out());
        JsonNode memory = report.get("memory");
        assertThat(memory.get("contextTokens").intValue()).isEqualTo(4096);
        assertThat(memory.get("plans").size()).isEqualTo(7);
        var text = CommandLineRun.of("inspect", model.toString(), "--ctx", "1024").out();
        System.out.print(text);
        assertThat(text)
                .contains("memory for 1,024 tokens")
                .containsPattern("as stored, --kv f16 +26.53 +0.84")
                .containsPattern("int4, --kv int8 +7.79 +0.43");
    }
}

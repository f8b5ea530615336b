package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.WeightType;
import chuan.engine.SchedulerOptions;
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
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A model of 26.5 GB is refused, with what would fit, before any of it is read: its file is a
/// hole.
class MemoryCheckTest {
    @TempDir static Path temporary;
    private static final MachineMemory NO_LIMIT = new MachineMemory(Long.MAX_VALUE, "none");
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
        return refusal(gigabytes, kv, weights, context, null);
    }

    /// The same of a server.
    private static String serverRefusal(double gigabytes, WeightType weights, String cacheMemory) {
        var serving = ServeCommand.caching(cacheMemory).withMaxRunning(16);
        return refusal(gigabytes, KvChoice.AUTO, weights, 4096, serving);
    }

    private static String refusal(
            double gigabytes,
            KvChoice kv,
            WeightType weights,
            int context,
            @Nullable SchedulerOptions serving) {
        var check = check(gigabytes, kv, weights, context, serving);
        try {
            check.refuseIfTooMuch();
        } catch (CliException e) {
            System.out.println(e.getMessage());
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("it fits: " + check.summary());
    }

    private static MemoryCheck check(
            double gigabytes,
            KvChoice kv,
            WeightType weights,
            int context,
            @Nullable SchedulerOptions serving) {
        var common = new CommonOptions();
        common.kv = kv;
        common.threads = 2;
        common.weights = weights;
        var machine = new MachineMemory((long) (gigabytes * 1e9), "as a test says");
        var folder = ModelFolder.open(model);
        return MemoryCheck.of(folder, common, context, serving, weights, machine);
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

    /// Weights and scratch of 13B in int8 (13.93 GB, measured by the plan of a single sequence)
    /// leave so much for keys and values: 3.36 GB for each context in fp16.
    @Test
    void aServerPlansItsPool() {
        assertThat(serverRefusal(20, WeightType.INT8, "12G"))
                .contains("13.93 GB for weights + 12.88 GB for keys and values (--cache-memory;")
                .contains("a context of 4,096 tokens, f16 takes 3.36 GB)")
                .containsPattern("; --cache-memory 5[0-9]{3}M would fit");
        assertThat(serverRefusal(16, WeightType.INT8, "12G"))
                .containsPattern("; --ctx [0-9]+ --kv f16, or --ctx [0-9]+ --kv int8, would fit")
                .endsWith(" without --cache-memory");
        assertThat(serverRefusal(16, WeightType.INT8, ""))
                .contains("3.36 GB for keys and values")
                .containsPattern("; --ctx [0-9]+ --kv f16, or --ctx [0-9]+ --kv int8, would fit");
    }

    /// What is suggested is then accepted, and the next larger is not.
    @Test
    void whatIsSuggestedToAServerFits() {
        var pool =
                Pattern.compile("--cache-memory ([0-9]+)M would fit")
                        .matcher(serverRefusal(20, WeightType.INT8, "12G"));
        assertThat(pool.find()).isTrue();
        int megabytes = Integer.parseInt(pool.group(1));
        assertThat(fits(20, 4096, megabytes + "M")).isTrue();
        assertThat(fits(20, 4096, megabytes + 1 + "M")).isFalse();
        var context =
                Pattern.compile("--ctx ([0-9]+) --kv f16,")
                        .matcher(serverRefusal(16, WeightType.INT8, ""));
        assertThat(context.find()).isTrue();
        int tokens = Integer.parseInt(context.group(1));
        assertThat(fits(16, tokens, "")).isTrue();
        assertThat(fits(16, tokens + 64, "")).isFalse();
    }

    private static boolean fits(double gigabytes, int context, String cacheMemory) {
        var serving = ServeCommand.caching(cacheMemory).withMaxRunning(16);
        return check(gigabytes, KvChoice.F16, WeightType.INT8, context, serving).fits();
    }

    /// Nobody has said how much to remember: what is there, between one context and eight.
    @Test
    void aServersOwnChoiceShrinksToWhatThereIs() {
        var options = SchedulerOptions.defaults();
        long one = 1024L * 819_200;
        var plenty = check(60, KvChoice.F16, WeightType.INT8, 1024, options).plan();
        assertThat(plenty.kvBytes()).isEqualTo(2L << 30);
        var scarce = check(16, KvChoice.F16, WeightType.INT8, 1024, options);
        assertThat(scarce.fits()).isTrue();
        assertThat(scarce.plan().kvBytes()).isBetween(one, (2L << 30) - 1);
        assertThat(scarce.plan().totalBytes()).isEqualTo(16_000_000_000L);
    }

    /// The example in deploy/kubernetes asks for what the plan of its arguments says, and for no
    /// more than 2 GiB beyond, which cache the file of the weights.
    @Test
    void thePodAsksForWhatItsServerTakes() throws Exception {
        var yaml =
                Files.readString(
                        CommandLineRun.root().resolve("deploy/kubernetes/deployment.yaml"));
        var common = new CommonOptions();
        common.threads = Integer.parseInt(group(yaml, "requests: \\{cpu: \"([0-9]+)\""));
        int context = Integer.parseInt(group(yaml, "--ctx=([0-9]+)"));
        var serving =
                ServeCommand.caching(group(yaml, "--cache-memory=(\\S+)"))
                        .withMaxRunning(Integer.parseInt(group(yaml, "--parallel=([0-9]+)")));
        var table =
                MemoryCheck.table(
                        ModelFolder.open(model), context, common.threads, serving, NO_LIMIT);
        assertThat(yaml).contains("--model=/models/13b-int4.gguf").doesNotContain("--kv");
        long planned = Objects.requireNonNull(table.get("int4, --kv f16")).totalBytes();
        long asked = ByteSize.parse("memory", group(yaml, "memory: ([0-9]+Gi)\\}") + "B");
        assertThat(asked).isBetween(planned, planned + (2L << 30));
        assertThat(yaml)
                .contains("plans " + ByteSize.gigabytes(planned).replace(" GB", "") + " GB");
    }

    private static String group(String text, String pattern) {
        var matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    @Test
    void inspectShowsThePlans() {
        JsonNode report =
                Json.mapper()
                        .readTree(CommandLineRun.of("inspect", model.toString(), "--json").out());
        JsonNode memory = report.get("memory");
        assertThat(memory.get("contextTokens").intValue()).isEqualTo(4096);
        assertThat(memory.get("plans").size()).isEqualTo(7);
        assertThat(memory.get("servePlans").size()).isEqualTo(7);
        var text = CommandLineRun.of("inspect", model.toString(), "--ctx", "1024").out();
        System.out.print(text);
        assertThat(text)
                .contains("memory for 1,024 tokens")
                .containsPattern("as stored, --kv f16 +26.53 +0.84")
                .containsPattern("int4, --kv int8 +7.79 +0.43");
        var served =
                CommandLineRun.of(
                                "inspect",
                                model.toString(),
                                "--ctx",
                                "1024",
                                "--cache-memory",
                                "4GB")
                        .out();
        assertThat(served)
                .containsPattern("memory of chuan serve")
                .containsPattern("int4, --kv int8 +7.79 +4.00");
    }
}

package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.measure.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `chuan bench` on models that are small enough for a test.
class BenchCommandTest {

    @TempDir static Path temporary;
    private static String model = "";

    @BeforeAll
    static void writeModel() throws Exception {
        model = TinyModel.write(temporary.resolve("tiny")).toString();
    }

    private static CommandLineRun bench(String... more) {
        var line = new java.util.ArrayList<>(java.util.List.of("bench", "--no-limits", "-r", "2"));
        line.addAll(java.util.List.of(more));
        return CommandLineRun.of(line.toArray(String[]::new));
    }

    @Test
    void measuresPromptsGenerationDepthAndBatches() throws IOException {
        Path ledger = temporary.resolve("ledger.jsonl");
        var run =
                bench(
                        "-m",
                        model,
                        "-p",
                        "16",
                        "-n",
                        "4",
                        "-d",
                        "0,8",
                        "-b",
                        "1,2",
                        "--json",
                        "--ledger",
                        ledger.toString());
        assertThat(run.err()).isEmpty();
        var all = Json.mapper().readTree(run.out());
        assertThat(all.get("weights_bytes").asLong()).isPositive();
        assertThat(all.get("keys_and_values_bytes").asLong()).isPositive();
        assertThat(all.get("results").findValuesAsString("what"))
                .containsExactly("pp16", "tg4", "tg4 x 2", "pp16 @ d8", "tg4 @ d8", "tg4 @ d8 x 2");
        for (var row : all.get("results")) {
            assertThat(row.get("median").asDouble()).isPositive();
            assertThat(row.get("kv").asString()).isEqualTo("f16");
            assertThat(row.has("share")).isFalse();
        }
        assertThat(new Ledger(ledger).rows()).hasSize(6);
        assertThat(Files.readString(ledger))
                .contains("chuan bench --no-limits -r 2 -m tiny -p 16")
                .doesNotContain(temporary.toString());
    }

    @Test
    void printsATable() {
        var run = bench("-m", model, "-p", "0", "-n", "2", "--kernels", "scalar");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("| chuan, scalar", "| tg2 ", "weights:", "resident:");
    }

    @Test
    void makesWeightsUp() {
        Path config = temporary.resolve("tiny/config.json");
        var run =
                bench(
                        "--synthetic",
                        config.toString(),
                        "--type",
                        "int8",
                        "--layers",
                        "3",
                        "-p",
                        "4",
                        "-n",
                        "0",
                        "--json");
        assertThat(run.err()).isEmpty();
        var row = Json.mapper().readTree(run.out()).get("results").get(0);
        assertThat(row.get("model").asString()).isEqualTo("config.json, 3 layers, made up");
        assertThat(row.get("format").asString()).isEqualTo("int8");
    }

    @Test
    void saysInALineWhatCannotBe() {
        assertThat(bench("-m", model, "-p", "0", "-n", "0")).satisfies(refused("nothing is left"));
        assertThat(bench("-m", model, "-b", "0")).satisfies(refused("--batch 0"));
        assertThat(bench("-m", model, "-d", "-1")).satisfies(refused("--depth -1"));
        assertThat(bench("-m", model, "--layers", "2")).satisfies(refused("--layers 2"));
        assertThat(bench("-m", model, "--vs", "llama.cpp")).satisfies(refused("GGUF"));
        assertThat(bench("-m", model, "--synthetic", "llama-13b")).satisfies(refused("exclude"));
        assertThat(bench("--synthetic", "baichuan-13b", "--memory-limit", "1G"))
                .satisfies(refused("--layers"));
        assertThat(bench("-m", model, "--kernels", "reference")).satisfies(refused("comparison"));
    }

    @Test
    void aPeerThatIsNotThereIsNamed() throws Exception {
        Path file = temporary.resolve("tiny.gguf");
        if (!Files.exists(file))
            CommandLineRun.of("quantize", "-m", model, "-t", "q8_0", "-o", file.toString());
        var run = bench("-m", file.toString(), "-p", "4", "-n", "0", "--vs", "x=/no/such/program");
        assertThat(run).satisfies(refused("--vs x"));
        assertThat(bench("-m", file.toString(), "--vs", "nobody")).satisfies(refused("unknown"));
    }

    private static java.util.function.Consumer<CommandLineRun> refused(String word) {
        return run -> {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err().lines()).hasSize(1);
            assertThat(run.err()).contains(word);
        };
    }
}

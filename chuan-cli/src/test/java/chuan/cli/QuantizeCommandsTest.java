package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.DType;
import chuan.files.ModelFolder;
import chuan.files.TensorData;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizeCommandsTest {
    @TempDir static Path shared;
    @TempDir Path folder;

    static Path model = Path.of("");

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(shared.resolve("tiny"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "int8",
                "int4",
                "q8_0",
                "q4_0",
                "f16",
                "bf16",
                "f32",
                "official-int8",
                "official-int4"
            })
    void everyTypeIsWrittenReopenedAndSpeaksWithTheSameVocabulary(String type) throws IOException {
        Path out = folder.resolve("out-" + type);
        var run = quantize(type, out);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains(type).contains("bits per weight");
        var opened = ModelFolder.open(out);
        assertThat(opened.parameters()).isEqualTo(ModelFolder.open(model).parameters());
        var before = Tokenizer.loadFolder(model);
        var after = Files.isDirectory(out) ? Tokenizer.loadFolder(out) : Tokenizer.load(out);
        for (String text : List.of("你好，世界", "Once upon a time", "  a\tb\n1２ <reserved_3>"))
            assertThat(after.encode(text)).isEqualTo(before.encode(text));
        var generated =
                CommandLineRun.of(
                        "generate",
                        "-m",
                        out.toString(),
                        "--ids",
                        "1 5 9",
                        "--max-tokens",
                        "4",
                        "--temperature",
                        "0",
                        "--json");
        assertThat(generated.err()).isEmpty();
        assertThat(generated.code()).isZero();
    }

    @Test
    void sameBytesForAnyNumberOfThreads() throws IOException {
        Path one = folder.resolve("same.gguf");
        Path many = folder.resolve("b").resolve("same.gguf");
        Files.createDirectories(many.getParent());
        assertThat(quantize("int4", one, "--threads", "1").code()).isZero();
        assertThat(quantize("int4", many, "--threads", "5").code()).isZero();
        assertThat(Files.mismatch(one, many)).isEqualTo(-1);
    }

    @Test
    void calibrationChangesTheRoundingAndNothingElse() throws IOException {
        Path text = folder.resolve("text.jsonl");
        Files.writeString(text, "{\"text\": \"你好，世界。从前有一座山\"}\n{\"text\": \"Hello\"}\n");
        Path plain = folder.resolve("plain.gguf");
        Path calibrated = folder.resolve("calibrated.gguf");
        assertThat(quantize("int4", plain).code()).isZero();
        var run = quantize("int4", calibrated, "--calibrate", text.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        var a = ModelFolder.open(plain).stored();
        var b = ModelFolder.open(calibrated).stored();
        assertThat(b).containsOnlyKeys(a.keySet());
        long different = 0;
        for (TensorData tensor : a.values()) {
            var other = Objects.requireNonNull(b.get(tensor.name()));
            boolean same = tensor.data().mismatch(other.data()) < 0;
            if (tensor.dtype() == DType.PANEL4) different += same ? 0 : 1;
            else if (tensor.dtype() == DType.F32) assertThat(same).isTrue();
        }
        assertThat(different).isPositive();
    }

    @Test
    void panelsBecomeBlocksAndComeBackByteForByte() throws IOException {
        Path panels = folder.resolve("panels.gguf");
        Path blocks = folder.resolve("blocks.gguf");
        Path again = folder.resolve("again.gguf");
        assertThat(quantize("int4", panels).code()).isZero();
        assertThat(convert(panels, "gguf", blocks).code()).isZero();
        assertThat(convert(blocks, "panels", again).code()).isZero();
        var before = ModelFolder.open(panels).stored();
        ModelFolder.open(again)
                .stored()
                .forEach((name, tensor) ->
                        assertThat(
                                        tensor.data()
                                                .mismatch(
                                                        Objects.requireNonNull(before.get(name))
                                                                .data()))
                                .as(name)
                                .isEqualTo(-1));
        Path hub = folder.resolve("hub");
        assertThat(convert(blocks, "safetensors", hub, "--type", "f32").code()).isZero();
        var tensor = "model.layers.0.self_attn.W_pack.weight";
        assertThat(ModelFolder.open(hub).tensor(tensor, 96, 32).toFloats())
                .isEqualTo(ModelFolder.open(panels).tensor(tensor, 96, 32).toFloats());
    }

    @Test
    void mistakesAreOneLine() throws IOException {
        Path taken = Files.writeString(folder.resolve("taken"), "mine");
        refused(quantize("int4", taken), "--force");
        assertThat(taken).hasContent("mine");
        refused(quantize("int5", folder.resolve("x")), "int5", "official-int4");
        refused(quantize("int4", folder.resolve("no").resolve("x")), "no such folder");
        refused(
                quantize("q4_0", folder.resolve("x"), "--calibrate", taken.toString()),
                "--calibrate");
        refused(
                quantize("int4", folder.resolve("x"), "--embedding-type", "q8_0"),
                "--embedding-type q8_0");
        refused(convert(model, "panels", folder.resolve("x")), "chuan quantize");
        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(taken));
        assertThat(quantize("int8", taken, "--force").code()).isZero();
    }

    private static void refused(CommandLineRun run, String... parts) {
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().strip()).doesNotContain("\n").contains(parts);
    }

    private CommandLineRun quantize(String type, Path out, String... more) {
        return run(
                List.of("quantize", "-m", model.toString(), "-t", type, "-o", out.toString()),
                more);
    }

    private static CommandLineRun convert(Path from, String to, Path out, String... more) {
        return run(
                List.of("convert", "-m", from.toString(), "--to", to, "-o", out.toString()), more);
    }

    private static CommandLineRun run(List<String> start, String... more) {
        var all = new ArrayList<>(start);
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(String[]::new));
    }
}

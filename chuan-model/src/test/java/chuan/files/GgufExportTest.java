package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.golden.GoldenModel;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.ReferenceBackend;
import chuan.model.Weights;
import chuan.quant.ErrorSum;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufExportTest {
    private static final Path GGUF = GoldenModel.folder("gguf").resolve("models");

    @TempDir Path temporary;

    @ParameterizedTest
    @EnumSource(QuantType.class)
    void reloadedModelGivesTheLogitsOfTheOneInMemory(QuantType type) throws IOException {
        for (String name :
                List.of("tiny-alibi", "tiny-rope", "tiny-llama", "tiny-llama-gqa", "tiny-alibi2")) {
            var model = ModelFolder.open(GoldenModel.folder(name));
            Path file = temporary.resolve(name + ".gguf");
            export(model, type, file, WriteProgress.NONE);
            var reloaded = ModelFolder.open(file);
            assertThat(reloaded.config()).isEqualTo(plainHead(model.config()));
            assertThat(reloaded.generation().eosTokenIds())
                    .isEqualTo(model.generation().eosTokenIds());
            assertThat(logits(reloaded.config(), reloaded.rows()))
                    .as("%s %s", name, type)
                    .isEqualTo(logits(plainHead(model.config()), inMemory(model, type)));
        }
    }

    /// Tensor by tensor what llama.cpp's converter and quantizer made of the same model: names,
    /// order of rows, bytes.
    @ParameterizedTest
    @CsvSource({
        "baichuan-rope32,F16", "baichuan-rope32,Q8_0", "baichuan-rope32,Q4_0",
        "llama-gqa,F16", "llama-gqa,Q8_0", "llama-gqa,Q4_0"
    })
    void tensorsAreThoseOfLlamaCpp(String name, QuantType type) throws IOException {
        var source = ModelFolder.open(GGUF.resolve(name).resolve("F16.gguf"));
        var golden = GgufFile.open(GGUF.resolve(name).resolve(type + ".gguf"));
        Path file = temporary.resolve("out.gguf");
        export(source, type, file, WriteProgress.NONE);
        var written = GgufFile.open(file);
        assertThat(written.keys().text("general.architecture"))
                .isEqualTo(golden.keys().text("general.architecture"));
        assertThat(written.tensors()).containsOnlyKeys(golden.tensors().keySet());
        golden.tensors()
                .forEach((tensor, expected) -> {
                    var actual = Objects.requireNonNull(written.tensors().get(tensor));
                    if (type == QuantType.Q4_0 && tensor.equals("token_embd.weight"))
                        // llama.cpp spends four bits on it, we eight
                        assertThat(actual.dtype()).isEqualTo(DType.Q8_0);
                    else assertSame(actual, expected);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "baichuan-alibi40,Q4_0",
        "baichuan-alibi40-h12,Q4_0",
        "baichuan-rope32,Q8_0",
        "baichuan-rope32,Q4_0",
        "llama-gqa,Q8_0"
    })
    void panelsAndBackIsTheSameFile(String name, DType type) throws IOException {
        var source = ModelFolder.open(GGUF.resolve(name).resolve(type + ".gguf"));
        Path panels = temporary.resolve("panels.gguf");
        Path back = temporary.resolve("back.gguf");
        convert(source, true, GgufExport.toPanels(), panels);
        var ours = ModelFolder.open(panels);
        assertThat(ours.stored().values().stream().filter(t -> t.shape().length == 2))
                .allMatch(t -> t.dtype().panels().isPresent());
        assertThat(logits(ours.config(), ours.rows()))
                .isEqualTo(logits(source.config(), source.rows()));
        convert(ours, false, GgufExport.toLlamaCpp(), back);
        var tensors = GgufFile.open(back).tensors();
        assertThat(tensors).containsOnlyKeys(source.stored().keySet());
        source.stored()
                .forEach((tensor, expected) ->
                        assertSame(Objects.requireNonNull(tensors.get(tensor)), expected));
    }

    @Test
    void typesThatWeDoNotWriteAreCopiedAsTheyAre() throws IOException {
        Path golden = GGUF.resolve("llama-gqa-256").resolve("Q4_K_M.gguf");
        Path out = temporary.resolve("out.gguf");
        convert(ModelFolder.open(golden), false, GgufExport.toLlamaCpp(), out);
        var tensors = GgufFile.open(out).tensors();
        GgufFile.open(golden)
                .tensors()
                .forEach((tensor, expected) ->
                        assertSame(Objects.requireNonNull(tensors.get(tensor)), expected));
    }

    @Test
    void tensorsFollowEachOtherWithoutHoles() throws IOException {
        Path file = temporary.resolve("out.gguf");
        export(open("tiny-alibi"), QuantType.INT4, file, WriteProgress.NONE);
        var gguf = GgufFile.open(file);
        assertThat(gguf.alignment()).isEqualTo(64);
        long end = -1;
        for (TensorData tensor : gguf.tensors().values()) {
            if (end >= 0) assertThat(tensor.offset()).isEqualTo(Math.ceilDiv(end, 64L) * 64);
            end = tensor.offset() + tensor.data().byteSize();
        }
        assertThat(Files.size(file)).isEqualTo(Math.ceilDiv(end, 64L) * 64);
        assertThat(gguf.keys().text("chuan.position")).contains("alibi");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
    void nonFiniteValueIsNamedAndNothingIsLeft(float value) throws IOException {
        var model = withOneValue(value);
        for (QuantType type : QuantType.values()) {
            Path file = temporary.resolve("out").resolve("out.gguf");
            Files.createDirectories(file.getParent());
            assertThatThrownBy(() -> export(model, type, file, WriteProgress.NONE))
                    .isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("model.layers.0.mlp.up_proj.weight")
                    .hasMessageContaining("element 70 is " + value);
            assertThat(file.getParent()).isEmptyDirectory();
        }
    }

    @Test
    void valuesBeyondFp16AreRefusedWhereTheTypeCannotHoldThem() throws IOException {
        var model = withOneValue(1e5f);
        Path file = temporary.resolve("out.gguf");
        assertThatThrownBy(() -> export(model, QuantType.F16, file, WriteProgress.NONE))
                .hasMessageContaining("too large for F16");
        export(model, QuantType.BF16, file, WriteProgress.NONE);
    }

    @Test
    void anInterruptedExportLeavesNothing() {
        Path file = temporary.resolve("out.gguf");
        assertThatThrownBy(() ->
                        export(
                                open("tiny-alibi"),
                                QuantType.Q8_0,
                                file,
                                _ -> {
                                    throw new IllegalStateException("stop");
                                }))
                .hasMessage("stop");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aKilledExportLeavesNothingThatLooksLikeAModel() throws Exception {
        Path target = temporary.resolve("out.gguf");
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dchuan.root=" + System.getProperty("chuan.root", ".."),
                                "-cp",
                                System.getProperty("java.class.path"),
                                SlowExport.class.getName(),
                                target.toString())
                        .redirectErrorStream(true)
                        .start();
        try (var out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("writing");
        }
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(target).doesNotExist();
        try (var left = Files.list(temporary)) {
            assertThat(left).allMatch(file -> file.toString().endsWith(".part"));
        }
        assertThatThrownBy(() -> ModelFolder.open(target)).hasMessageContaining("no such model");
    }

    /// Stops in the middle of a file and waits to be killed.
    static final class SlowExport {
        public static void main(String[] args) throws IOException {
            export(
                    open("tiny-alibi"),
                    QuantType.F32,
                    Path.of(args[0]),
                    bytes -> {
                        if (bytes < 100_000) return;
                        System.out.println("writing");
                        try {
                            Thread.sleep(60_000);
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    });
        }
    }

    private static void assertSame(TensorData actual, TensorData expected) {
        assertThat(actual.shape()).as(expected.name()).isEqualTo(expected.shape());
        assertThat(actual.dtype()).as(expected.name()).isEqualTo(expected.dtype());
        assertThat(actual.data().mismatch(expected.data())).as(expected.name()).isEqualTo(-1);
    }

    private ModelFolder withOneValue(float value) throws IOException {
        Path folder = Files.createTempDirectory(temporary, "model");
        var config = ModelConfig.baichuan(16, 32, 64, 1, 2, new Position.Alibi());
        new ModelFolderWriter(
                        config,
                        GenerationConfig.baichuanChat(),
                        DType.F32,
                        (name, _) ->
                                (from, out, count) -> {
                                    for (int i = 0; i < count; i++)
                                        out[i] =
                                                name.endsWith("up_proj.weight") && from + i == 70
                                                        ? value
                                                        : 0.5f;
                                },
                        List.of())
                .write(folder.resolve("m"));
        return ModelFolder.open(folder.resolve("m"));
    }

    private static ModelFolder open(String name) {
        return ModelFolder.open(GoldenModel.folder(name));
    }

    private static void export(ModelFolder model, QuantType type, Path file, WriteProgress progress)
            throws IOException {
        try (var threads = new ParallelReads(3)) {
            new GgufExport(
                            model,
                            GgufExport.typesOf(type, type.embeddings()),
                            type.isOurs(),
                            Map.of(),
                            Map.of(),
                            Optional.empty(),
                            threads)
                    .write(file, progress);
        }
    }

    private static void convert(
            ModelFolder model, boolean packed, GgufExport.Types types, Path file)
            throws IOException {
        try (var threads = new ParallelReads(2)) {
            new GgufExport(model, types, packed, Map.of(), Map.of(), Optional.empty(), threads)
                    .write(file, WriteProgress.NONE);
        }
    }

    /// The same quantization without a file.
    private static Weights<float[][]> inMemory(ModelFolder model, QuantType type) {
        var types = GgufExport.typesOf(type, type.embeddings());
        return model.weights(tensor -> {
            if (tensor.shape().length == 1) return tensor.toRows();
            int columns = (int) tensor.shape()[1];
            var dtype = types.of(tensor.name(), tensor.dtype(), columns);
            var bytes = MemorySegment.ofArray(new byte[(int) dtype.byteCount(tensor.shape())]);
            WeightRows.of(List.of(tensor)).write(dtype, new float[0], 0, bytes, new ErrorSum());
            return new TensorData(tensor.name(), dtype, tensor.shape(), bytes, Path.of(""), 0)
                    .toRows();
        });
    }

    private static float[] logits(ModelConfig config, Weights<float[][]> weights) {
        int[] ids = {1, 4, 5, 6, 300, 77, 12};
        var out = new float[ids.length * config.vocab()];
        try (var backend = new ReferenceBackend(config, weights);
                var cache = backend.newCache(ids.length)) {
            backend.forward(cache, ids, 0, ids.length, ids.length, out);
        }
        return out;
    }

    private static ModelConfig plainHead(ModelConfig c) {
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
}

package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.golden.GoldenModel;
import chuan.golden.Npy;
import chuan.model.ReferenceBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfficialExportTest {
    /// The goldens' own limit for logits of up to 300 tokens.
    private static final double LIMIT = 2e-4;

    @TempDir Path temporary;

    @ParameterizedTest
    @ValueSource(ints = {8, 4})
    void savedAndReopenedGivesTheOfficialLogits(int bits) throws IOException {
        Path folder = write(bits, "tiny-alibi");
        var model = ModelFolder.open(folder);
        var golden = GoldenModel.read("tiny-alibi");
        for (var input : golden.inputs()) {
            Path file =
                    GoldenModel.folder("quant")
                            .resolve("int" + bits + "_logits_L" + input.ids().length + ".npy");
            if (!Files.exists(file)) continue;
            float[][] expected = Npy.matrix(file);
            float[] logits = logits(model, input.ids());
            double largest = 0;
            for (int r = 0; r < expected.length; r++)
                for (int i = 0; i < expected[r].length; i++)
                    largest =
                            Math.max(
                                    largest,
                                    Math.abs(expected[r][i] - logits[r * expected[r].length + i]));
            System.out.printf(
                    "official int%d, %d tokens: largest difference %.1e%n",
                    bits, input.ids().length, largest);
            assertThat(largest).isLessThan(LIMIT);
        }
    }

    @Test
    void isWrittenToTheSameFilesByAnyNumberOfThreads() throws IOException {
        Path one = write(4, "tiny-rope");
        Path two = temporary.resolve("second");
        try (var threads = new ParallelReads(4)) {
            new OfficialExport(
                            ModelFolder.open(GoldenModel.folder("tiny-rope")),
                            4,
                            List.of(),
                            threads)
                    .write(two, WriteProgress.NONE);
        }
        for (String file : List.of("model.safetensors", "config.json"))
            assertThat(Files.mismatch(one.resolve(file), two.resolve(file))).isEqualTo(-1);
    }

    @Test
    void becomesAPlainFolderAgainWithTheSameLogits() throws IOException {
        var quantized = ModelFolder.open(write(4, "tiny-alibi"));
        Path plain = temporary.resolve("plain");
        new FolderExport(quantized, DType.F32, List.of()).write(plain, WriteProgress.NONE);
        int[] ids = {1, 5, 9, 300};
        assertThat(logits(ModelFolder.open(plain), ids)).isEqualTo(logits(quantized, ids));
    }

    @Test
    void missingScalesAndForeignSchemesAreRefused() throws IOException {
        Path folder = write(8, "tiny-alibi");
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("baichuan-rows", "gptq"));
        assertThatThrownBy(() -> ModelFolder.open(folder))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("quantization_config");
        Files.writeString(config, text.replace("\"bits\": 8", "\"bits\": 4"));
        assertThatThrownBy(() -> ModelFolder.open(folder))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("codes of 4 bits");
    }

    private Path write(int bits, String name) throws IOException {
        Path folder = temporary.resolve(name + bits);
        try (var threads = new ParallelReads(1)) {
            new OfficialExport(
                            ModelFolder.open(GoldenModel.folder(name), Optional.empty()),
                            bits,
                            List.of(),
                            threads)
                    .write(folder, WriteProgress.NONE);
        }
        return folder;
    }

    private static float[] logits(ModelFolder model, int[] ids) {
        var out = new float[ids.length * model.config().vocab()];
        try (var backend = new ReferenceBackend(model.config(), model.rows());
                var cache = backend.newCache(ids.length)) {
            backend.forward(cache, ids, 0, ids.length, ids.length, out);
        }
        return out;
    }
}

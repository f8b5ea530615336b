package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.files.SafetensorsFile;
import chuan.golden.GoldenModel;
import chuan.golden.Npy;
import chuan.kernel.KernelSelector;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// int8 as the official `quantize(8)` makes it: the same weights, the same logits.
class Int8Test {

    @ParameterizedTest
    @ValueSource(ints = {7, 64})
    void logitsEqualTheOfficialOnes(int length) {
        float[][] official =
                Npy.matrix(GoldenModel.folder("quant").resolve("int8_logits_L" + length + ".npy"));
        var model = GoldenModel.read("tiny-alibi");
        int[] ids = model.input(length).ids();
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        var options = new CpuOptions(2, KernelSelector.select(), WeightType.INT8);
        try (var backend = CpuBackend.load(folder, options);
                var cache = backend.newCache(length)) {
            int vocab = backend.config().vocab();
            var logits = new float[length * vocab];
            backend.forward(cache, ids, 0, length, length, logits);
            double largest = 0;
            for (int r = 0; r < length; r++)
                for (int i = 0; i < vocab; i++)
                    largest = Math.max(largest, Math.abs(logits[r * vocab + i] - official[r][i]));
            System.out.printf("int8, %d tokens: largest difference %.1e%n", length, largest);
            assertThat(largest).isLessThan(model.limit(length));
            assertThat(backend.description()).contains("int8");
        }
    }

    /// Weights and scales of a matrix stored in fp32, fp16 and bf16.
    @ParameterizedTest
    @CsvSource({"fp32, tiny-alibi", "fp16, tiny-alibi-fp16", "bf16, tiny-alibi-bf16"})
    void weightsAndScalesEqualTheOfficialOnes(String type, String folder) {
        var recorded =
                SafetensorsFile.open(GoldenModel.folder("quant").resolve("matrix.safetensors"))
                        .tensors();
        var tensor =
                ModelFolder.open(GoldenModel.folder(folder))
                        .tensor("model.layers.0.self_attn.W_pack.weight", 288, 96);
        var loaded = (CpuWeight.Linear) new WeightLoader(WeightType.INT8).convert(tensor);
        var matrix = loaded.matrix();
        assertThat(matrix.scales())
                .isEqualTo(Objects.requireNonNull(recorded.get(type + "_int8_scale")).toFloats());
        assertThat(matrix.memory().toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(
                        Objects.requireNonNull(recorded.get(type + "_int8_weight"))
                                .data()
                                .toArray(ValueLayout.JAVA_BYTE));
    }
}

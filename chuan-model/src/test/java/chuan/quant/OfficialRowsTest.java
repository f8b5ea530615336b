package chuan.quant;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.DType;
import chuan.files.SafetensorsFile;
import chuan.files.TensorData;
import chuan.golden.GoldenModel;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Codes and scales of the official quantizer for layer 0's W_pack, from weights in three types.
class OfficialRowsTest {
    private static final Map<String, TensorData> GOLDEN =
            SafetensorsFile.open(GoldenModel.folder("quant").resolve("matrix.safetensors"))
                    .tensors();

    @ParameterizedTest
    @CsvSource({"fp32,8", "fp16,8", "bf16,8", "fp32,4", "fp16,4", "bf16,4"})
    void codesAndScalesAreTheOfficialOnes(String type, int bits) {
        float[][] weights = weights(type);
        var scheme = new OfficialRows(bits, precision(type));
        var scales = golden(type + "_int" + bits + "_scale").toFloats();
        var codes = golden(type + "_int" + bits + (bits == 8 ? "_weight" : "_unpacked")).toFloats();
        int columns = weights[0].length;
        var row = new byte[columns];
        int different = 0;
        for (int r = 0; r < weights.length; r++) {
            assertThat(scheme.quantize(weights[r], 0, columns, row)).isEqualTo(scales[r]);
            for (int k = 0; k < columns; k++) if (row[k] != codes[r * columns + k]) different++;
            if (bits == 4)
                for (int k = 0; k < columns; k += OfficialRows.PER_WORD) {
                    var packed = golden(type + "_int4_packed");
                    int expected =
                            packed.data()
                                    .get(
                                            BlockFormat.INT,
                                            4L * ((long) r * columns + k) / OfficialRows.PER_WORD);
                    int word = OfficialRows.pack(row, k);
                    assertThat(word).isEqualTo(expected);
                    for (int i = 0; i < OfficialRows.PER_WORD; i++)
                        assertThat(OfficialRows.unpack(word, i)).isEqualTo(row[k + i]);
                }
        }
        assertThat(different).as("codes that differ").isZero();
    }

    @Test
    void wordsArePackedLowNibbleFirst() {
        float[] row = {7, -1, 3, 0, -7, 5, 2, -4};
        var codes = new byte[row.length];
        float scale = new OfficialRows(4, OfficialRows.Precision.FP32).quantize(row, 0, 8, codes);
        assertThat(scale).isEqualTo(1);
        assertThat(codes).containsExactly(7, -1, 3, 0, -7, 5, 2, -4);
        assertThat(OfficialRows.pack(codes, 0)).isEqualTo(0xC25903F7);
    }

    @Test
    void rowOfZerosHasCodesAndScaleZero() {
        for (var precision : OfficialRows.Precision.values()) {
            var codes = new byte[] {9, 9};
            assertThat(new OfficialRows(4, precision).quantize(new float[2], 0, 2, codes)).isZero();
            assertThat(codes).containsOnly(0);
        }
    }

    /// Largest values of both signs: the code -8 is not used.
    @Test
    void bothEndsAreSymmetric() {
        var codes = new byte[2];
        new OfficialRows(4, OfficialRows.Precision.FP32)
                .quantize(new float[] {0.7f, -0.7f}, 0, 2, codes);
        assertThat(codes).containsExactly(7, -7);
    }

    private static float[][] weights(String type) {
        var model = GoldenModel.folder("tiny-alibi").resolve("model.safetensors");
        float[][] weights =
                tensor(
                                SafetensorsFile.open(model).tensors(),
                                "model.layers.0.self_attn.W_pack.weight")
                        .toRows();
        for (float[] row : weights)
            for (int k = 0; k < row.length; k++)
                row[k] =
                        switch (type) {
                            case "fp16" -> Float.float16ToFloat(Float.floatToFloat16(row[k]));
                            case "bf16" -> DType.fromBf16(DType.toBf16(row[k]));
                            default -> row[k];
                        };
        return weights;
    }

    private static OfficialRows.Precision precision(String type) {
        return OfficialRows.Precision.valueOf(type.toUpperCase(java.util.Locale.ROOT));
    }

    private static TensorData golden(String name) {
        return tensor(GOLDEN, name);
    }

    private static TensorData tensor(Map<String, TensorData> tensors, String name) {
        return Objects.requireNonNull(tensors.get(name), name);
    }
}

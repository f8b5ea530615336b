package chuan.model;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.files.SafetensorsFile;
import chuan.golden.GoldenModel;
import chuan.golden.RecordingOps;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Every intermediate value of the 7-token input against the official code, and a trainer's own
/// loop over embed, block and head against [Decoder#logits].
class ReferenceProbeTest {
    static final List<String> MODELS = GoldenModel.NAMES;

    /// Values reach 12.5, where one unit in the last place of fp32 is 1e-6: twenty units, over 27
    /// verbs.
    private static final double LIMIT = 2e-5;

    @ParameterizedTest
    @FieldSource("MODELS")
    void everyIntermediateValueEqualsTheOfficialOne(String name) {
        var folder = ModelFolder.open(GoldenModel.folder(name));
        var c = folder.config();
        var decoder = new Decoder<>(c, folder.rows());
        var official =
                SafetensorsFile.open(GoldenModel.folder(name).resolve("hidden_L7.safetensors"));
        int[] ids = GoldenModel.read(name).input(7).ids();
        var reference = new ReferenceOps(c);
        var ops = new RecordingOps<>(reference, ReferenceProbeTest::copy);

        float[][] x = decoder.embed(ops, ids);
        double largest = compare(official, name, "embed", ops.result("embed", 0));
        for (int layer = 0; layer < c.layers(); layer++) {
            x = decoder.block(ops, layer, x);
            var at = "layer" + layer;
            largest = Math.max(largest, compare(official, name, at + "_out", x));
            // a block calls linear for qkv, attentionOut and down
            largest =
                    Math.max(
                            largest,
                            compare(
                                    official,
                                    name,
                                    at + "_attn_out",
                                    ops.result("linear", 3 * layer + 1)));
            largest =
                    Math.max(
                            largest,
                            compare(
                                    official,
                                    name,
                                    at + "_mlp_out",
                                    ops.result("linear", 3 * layer + 2)));
            largest = Math.max(largest, compareCache(official, name, reference, c, layer));
        }
        int[] all = IntStream.range(0, ids.length).toArray();
        float[][] logits = decoder.head(ops, x, all);
        largest =
                Math.max(
                        largest,
                        compare(
                                official,
                                name,
                                "final_norm",
                                ops.result("rmsNorm", 2 * c.layers())));
        System.out.printf(
                Locale.ROOT,
                "%s: largest difference of %d intermediate values %.1e, limit %.0e%n",
                name,
                official.tensors().size(),
                largest,
                LIMIT);
        assertThat(logits).isDeepEqualTo(decoder.logits(new ReferenceOps(c), ids, all));
    }

    private static double compareCache(
            SafetensorsFile official, String name, ReferenceOps ops, ModelConfig c, int layer) {
        var at = "layer" + layer + "_cache_";
        return Math.max(
                compare(official, name, at + "k", heads(ops, c, layer, 0)),
                compare(official, name, at + "v", heads(ops, c, layer, c.kvWidth())));
    }

    /// `[heads * positions, headDim]`, the official order.
    private static float[][] heads(ReferenceOps ops, ModelConfig c, int layer, int from) {
        var out = new float[c.kvHeads() * ops.length()][];
        for (int h = 0; h < c.kvHeads(); h++)
            for (int t = 0; t < ops.length(); t++) {
                int at = from + h * c.headDim();
                out[h * ops.length() + t] =
                        Arrays.copyOfRange(ops.cached(layer, t), at, at + c.headDim());
            }
        return out;
    }

    private static double compare(
            SafetensorsFile official, String model, String value, float[][] actual) {
        var tensor = official.tensors().get(value);
        if (tensor == null) throw new AssertionError("not recorded: " + value);
        float[][] expected = tensor.toRows();
        assertThat(actual.length).as(value).isEqualTo(expected.length);
        double largest = 0;
        for (int r = 0; r < expected.length; r++)
            for (int i = 0; i < expected[r].length; i++) {
                double difference = Math.abs((double) expected[r][i] - actual[r][i]);
                assertThat(difference <= LIMIT)
                        .as("%s %s: row %d, element %d", model, value, r, i)
                        .isTrue();
                largest = Math.max(largest, difference);
            }
        return largest;
    }

    private static float[][] copy(float[][] x) {
        return Arrays.stream(x).map(float[]::clone).toArray(float[][]::new);
    }
}

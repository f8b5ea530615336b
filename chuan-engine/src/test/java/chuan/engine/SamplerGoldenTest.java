package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.files.SafetensorsFile;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The logits processors of transformers 4.31: which tokens survive, and with what probability.
class SamplerGoldenTest {

    static Stream<String> names() {
        return Golden.cases("sampling/sampling.json").stream().map(c -> c.text("name").get());
    }

    @ParameterizedTest
    @MethodSource("names")
    void equalsTransformers(String name) {
        var c =
                Golden.cases("sampling/sampling.json").stream()
                        .filter(f -> f.text("name").get().equals(name))
                        .findFirst()
                        .get();
        var options =
                SamplingOptions.pure()
                        .withRepetitionPenalty(c.decimal("repetition_penalty", 1))
                        .withTemperature(c.decimal("temperature", 1));
        var cut = options.withTopK(c.integer("top_k")).withTopP(c.decimal("top_p", 1));

        assertThat(spent(c, options.withTemperature(0), name))
                .isEqualTo(tensor(name, "after_penalty"));
        assertThat(spent(c, options, name)).isEqualTo(tensor(name, "after_temperature"));
        assertThat(kept(c, cut.withTopP(1), name)).isEqualTo(Golden.ints(c, "kept_after_top_k"));
        assertThat(kept(c, cut, name)).isEqualTo(Golden.ints(c, "kept_after_top_p"));
        double[] out = probabilities(c, cut, name);
        float[] expected = tensor(name, "probs");
        double largest = 0;
        for (int id = 0; id < out.length; id++)
            largest = Math.max(largest, Math.abs(out[id] - expected[id]));
        var listed = ((Json.Obj) c.find("probabilities").orElseThrow()).fields();
        for (var entry : listed.entrySet()) {
            double p = Double.parseDouble(((Json.Num) entry.getValue()).literal());
            largest = Math.max(largest, Math.abs(out[Integer.parseInt(entry.getKey())] - p));
        }
        System.out.printf("%-20s largest difference of a probability %.1e%n", name, largest);
        // theirs is an fp32 softmax: a few units of 2^-24 on values below 1
        assertThat(largest).isLessThan(3e-7);

        var greedy = sampler(c, options.withTemperature(0));
        assertThat(greedy.next(tensor(name, "logits"))).isEqualTo(c.integer("greedy"));
        var drawn = sampler(c, cut.withSeed(1));
        for (int i = 0; i < 200; i++)
            assertThat(out[drawn.next(tensor(name, "logits"))]).isPositive();
    }

    private static Sampler sampler(JsonFields c, SamplingOptions options) {
        var sampler = new Sampler(512, options);
        for (int id : Golden.ints(c, "context_ids")) sampler.accept(id);
        return sampler;
    }

    /// What is left in the logits after a step.
    private static float[] spent(JsonFields c, SamplingOptions options, String name) {
        float[] logits = tensor(name, "logits");
        sampler(c, options).next(logits);
        return logits;
    }

    private static double[] probabilities(JsonFields c, SamplingOptions options, String name) {
        var out = new double[512];
        sampler(c, options).probabilities(tensor(name, "logits"), out);
        return out;
    }

    private static int[] kept(JsonFields c, SamplingOptions options, String name) {
        var sampler = sampler(c, options);
        sampler.probabilities(tensor(name, "logits"), new double[512]);
        return sampler.kept();
    }

    private static float[] tensor(String name, String what) {
        var file = SafetensorsFile.open(Golden.file("sampling/sampling.safetensors"));
        return java.util.Objects.requireNonNull(file.tensors().get(name + "_" + what)).toFloats();
    }
}

package chuan.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.files.ModelFolder;
import chuan.model.Backend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Holds a back end to the results of GGUF files that llama.cpp wrote: the official code on the
/// decoded weights, and llama.cpp itself on the file expanded to fp32. Both compute in fp32 and lie
/// 1.5e-5 from each other. Prints the largest difference of every file.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class GgufGoldenTest {
    protected static final List<String> FILES =
            List.of(
                    "baichuan-alibi40/F16",
                    "baichuan-alibi40/Q8_0",
                    "baichuan-alibi40/Q4_0",
                    "baichuan-alibi40-h12/Q4_0",
                    "baichuan-rope32/F16",
                    "baichuan-rope32/Q8_0",
                    "baichuan-rope32/Q4_0",
                    "llama-gqa/F16",
                    "llama-gqa/Q8_0",
                    "llama-gqa/Q4_0",
                    "llama-gqa-256/Q4_K_M");

    private static final List<String> INPUTS = List.of("L9", "L70");
    private static final List<String> TARGETS = List.of("torch", "llamacpp_f32");
    private static final double LIMIT = 2e-4;

    private final List<String> table = new ArrayList<>();

    /// Loads a model; the test closes it.
    protected abstract Backend load(ModelFolder model);

    @AfterAll
    void printTable() {
        table.forEach(System.out::println);
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void logitsAndGreedyContinuationsEqualTheRecordedOnes(String name) {
        Path file = gguf(name + ".gguf");
        try (var backend = load(ModelFolder.open(file))) {
            for (String input : INPUTS) {
                int[] ids = ints(recorded("inputs"), input);
                float[][] logits = GoldenModelTest.run(backend, ids, new int[] {ids.length});
                for (String target : TARGETS)
                    compare(
                            name + " " + input + " " + target,
                            Npy.matrix(gguf(name + ".logits_" + input + "." + target + ".npy")),
                            logits);
                var run = object(object(recorded("models"), name + ".gguf"), input);
                int[] greedy = ints(run, "greedy");
                assertThat(GoldenModelTest.continuation(backend, ids, greedy.length))
                        .as("%s after %s", name, input)
                        .isEqualTo(greedy);
            }
        }
    }

    /// The recorded rows are the last ones.
    private void compare(String what, float[][] expected, float[][] actual) {
        double largest = 0;
        for (int r = 0; r < expected.length; r++)
            for (int i = 0; i < expected[r].length; i++) {
                float value = actual[actual.length - expected.length + r][i];
                largest =
                        Math.max(
                                largest,
                                GoldenModelTest.orInfinity(Math.abs(expected[r][i] - value)));
            }
        table.add(
                String.format(
                        Locale.ROOT,
                        "%-24s %-45s largest difference %.1e, limit %.0e",
                        getClass().getSimpleName(),
                        what,
                        largest,
                        LIMIT));
        assertThat(largest).as(what).isLessThanOrEqualTo(LIMIT);
    }

    /// A file of `golden/gguf/models`. The largest are not kept with the sources; where they are
    /// absent the test is skipped.
    private static Path gguf(String name) {
        Path here = GoldenModel.folder("gguf").resolve("models").resolve(name);
        if (Files.exists(here)) return here;
        Path there = GoldenModel.shared().resolve("golden/gguf/models").resolve(name);
        assumeTrue(Files.exists(there), () -> there + " is not here (set CHUAN_SHARED)");
        return there;
    }

    private static JsonFields recorded(String key) {
        Path file = GoldenModel.folder("gguf").resolve("models/golden.json");
        return object(new JsonFields(file, Json.readObject(file)), key);
    }

    private static JsonFields object(JsonFields fields, String key) {
        return new JsonFields(fields.file(), (Json.Obj) fields.find(key).orElseThrow());
    }

    private static int[] ints(JsonFields fields, String key) {
        return GoldenModel.ints(fields, key);
    }
}

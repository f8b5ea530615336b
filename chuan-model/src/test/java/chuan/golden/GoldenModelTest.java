package chuan.golden;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.model.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/// Holds a back end to the recorded results of the official code: logits at every length, whole and
/// in random pieces, and greedy continuations token by token. A subclass says how to load a model
/// folder; it may widen [#limit] for number formats that keep less than fp32, and say why.
///
/// Prints the largest difference of every model and length, also when all is well.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class GoldenModelTest {
    protected static final List<String> MODELS = GoldenModel.NAMES;

    private final List<String> table = new ArrayList<>();
    private final long seed = Long.getLong("chuan.seed", 20230711);

    /// Loads a model; the test closes it.
    protected abstract Backend load(ModelFolder folder);

    /// The largest allowed difference of a logit.
    protected double limit(GoldenModel model, int length) {
        return model.limit(length);
    }

    /// Inputs longer than this are left to the reference.
    protected int longestInput() {
        return Integer.MAX_VALUE;
    }

    @BeforeAll
    void printSeed() {
        System.out.println(getClass().getSimpleName() + ": seed " + seed + " (-Dchuan.seed)");
    }

    @AfterAll
    void printTable() {
        table.forEach(System.out::println);
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void logitsEqualTheOfficialOnes(String name) {
        var model = GoldenModel.read(name);
        try (var backend = load(ModelFolder.open(GoldenModel.folder(name)))) {
            for (var input : model.inputs()) {
                if (input.ids().length > longestInput()) continue;
                float[][] whole = run(backend, input.ids(), new int[] {input.ids().length});
                int[] cuts = cuts(new Random(seed + input.ids().length), input.ids().length);
                float[][] pieces = run(backend, input.ids(), cuts);
                compare(model, input, whole, "whole");
                compare(model, input, pieces, cuts.length + " pieces");
            }
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void greedyContinuationsEqualTheOfficialOnes(String name) {
        var model = GoldenModel.read(name);
        try (var backend = load(ModelFolder.open(GoldenModel.folder(name)))) {
            for (var greedy : model.greedy())
                assertThat(continuation(backend, greedy.prompt(), greedy.continuation().length))
                        .as("%s after %d tokens", name, greedy.prompt().length)
                        .isEqualTo(greedy.continuation());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tiny-alibi-sharded-safetensors, bf16",
        "tiny-alibi-bf16, bf16",
        "tiny-alibi-fp16, fp16"
    })
    void halfPrecisionWeightsGiveTheirRecordedLogits(String folder, String type) {
        var model = GoldenModel.read("tiny-alibi");
        try (var backend = load(ModelFolder.open(GoldenModel.folder(folder)))) {
            for (int length : new int[] {7, 64, 300}) {
                var input = model.input(length);
                var recorded =
                        Npy.matrix(
                                GoldenModel.folder("tiny-alibi-halves")
                                        .resolve(type + "_weights_fp32_math_L" + length + ".npy"));
                var middle = new int[] {0, length / 2, length - 1};
                var expected = new GoldenModel.Input(input.ids(), middle, recorded);
                float[][] whole = run(backend, input.ids(), new int[] {length});
                compare(model, expected, whole, folder);
            }
        }
    }

    private void compare(GoldenModel model, GoldenModel.Input input, float[][] actual, String how) {
        double largest = 0;
        for (int r = 0; r < input.positions().length; r++)
            for (int i = 0; i < input.logits()[r].length; i++)
                largest =
                        Math.max(
                                largest,
                                orInfinity(
                                        Math.abs(
                                                input.logits()[r][i]
                                                        - actual[input.positions()[r]][i])));
        double limit = limit(model, input.ids().length);
        table.add(
                String.format(
                        Locale.ROOT,
                        "%-24s %-16s %5d tokens  %-32s largest difference %.1e, limit %.0e",
                        getClass().getSimpleName(),
                        model.name(),
                        input.ids().length,
                        how,
                        largest,
                        limit));
        assertThat(largest)
                .as("%s, %d tokens, %s, seed %d", model.name(), input.ids().length, how, seed)
                .isLessThanOrEqualTo(limit);
    }

    /// A NaN must not slip through a comparison.
    static double orInfinity(double difference) {
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }

    /// All logits of `ids`, fed in pieces that end at `ends`.
    static float[][] run(Backend backend, int[] ids, int[] ends) {
        int vocab = backend.config().vocab();
        var out = new float[ids.length][];
        try (var cache = backend.newCache(ids.length)) {
            int from = 0;
            for (int to : ends) {
                var piece = new float[(to - from) * vocab];
                backend.forward(cache, ids, from, to, to - from, piece);
                for (int r = from; r < to; r++)
                    out[r] = Arrays.copyOfRange(piece, (r - from) * vocab, (r - from + 1) * vocab);
                from = to;
            }
        }
        return out;
    }

    /// Piece ends in rising order, the last one is `length`; pieces of one token are frequent.
    private static int[] cuts(Random random, int length) {
        var ends = new ArrayList<Integer>();
        for (int at = 0; at < length; ) {
            int largest = random.nextBoolean() ? 4 : Math.max(4, length / 3);
            at = Math.min(length, at + 1 + random.nextInt(largest));
            ends.add(at);
        }
        return ends.stream().mapToInt(Integer::intValue).toArray();
    }

    static int[] continuation(Backend backend, int[] prompt, int tokens) {
        var out = new int[tokens];
        var logits = new float[backend.config().vocab()];
        try (var cache = backend.newCache(prompt.length + tokens)) {
            backend.forward(cache, prompt, 0, prompt.length, 1, logits);
            for (int i = 0; i < tokens; i++) {
                out[i] = argmax(logits);
                if (i + 1 < tokens) backend.forward(cache, out, i, i + 1, 1, logits);
            }
        }
        return out;
    }

    private static int argmax(float[] x) {
        int best = 0;
        for (int i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
        return best;
    }
}

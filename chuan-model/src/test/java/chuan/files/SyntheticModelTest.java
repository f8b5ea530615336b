package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.model.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticModelTest {
    private static final long SEED = Long.getLong("chuan.seed", 17);
    private static final WriteProgress PATIENT = WriteProgress.NONE;

    @TempDir Path temporary;

    /// `testdata/golden/NAME/config.json`, in several shards.
    private static SyntheticModel like(String name, long seed) {
        Path golden = Path.of(System.getProperty("chuan.root", ".."), "testdata", "golden");
        return SyntheticModel.of(golden.resolve(name).resolve("config.json").toString())
                .with(seed, DType.BF16, 100_000, Optional.empty());
    }

    @Test
    void theSameSeedGivesTheSameBytesFromAnyThreads() throws IOException {
        like("tiny-alibi", 5).write(temporary.resolve("one"), 1, PATIENT);
        like("tiny-alibi", 5).write(temporary.resolve("many"), 4, PATIENT);
        like("tiny-alibi", 6).write(temporary.resolve("other"), 4, PATIENT);
        int shards = 0;
        try (var files = Files.list(temporary.resolve("one"))) {
            for (Path file : files.toList()) {
                Path twin = temporary.resolve("many").resolve(file.getFileName());
                assertThat(Files.mismatch(file, twin)).as(file.toString()).isEqualTo(-1);
                if (!file.toString().endsWith(".safetensors")) continue;
                shards++;
                twin = temporary.resolve("other").resolve(file.getFileName());
                assertThat(Files.mismatch(file, twin)).isNotNegative();
            }
        }
        assertThat(shards).isGreaterThan(3);
        var model = ModelFolder.open(temporary.resolve("one"));
        assertThat(model.config()).isEqualTo(like("tiny-alibi", 5).config());
        assertThat(model.weightBytes()).isEqualTo(like("tiny-alibi", 5).tensorBytes());
    }

    @Test
    void aLlamaHasItsNames() throws IOException {
        var plan = like("tiny-llama-gqa", 1);
        plan.write(temporary.resolve("llama"), 2, PATIENT);
        var model = ModelFolder.open(temporary.resolve("llama"));
        assertThat(model.config()).isEqualTo(plan.config());
        assertThat(model.stored()).containsKey("model.layers.0.self_attn.k_proj.weight");
        assertThat(model.config().position()).isInstanceOf(Position.Rope.class);
        var official = SyntheticModel.of("llama-13b");
        assertThat(official.tensorBytes()).isEqualTo(2 * 13_015_864_320L);
        assertThat(SyntheticModel.of("baichuan-13b").tensorBytes()).isEqualTo(26_529_802_240L);
        assertThat(SyntheticModel.of("baichuan-7b").tensorBytes()).isEqualTo(2 * 7_000_559_616L);
        assertThat(SyntheticModel.of("baichuan-13b").withLayers(1).tensorBytes())
                .isEqualTo(26_529_802_240L - 39 * (2 * 315_238_400L));
    }

    /// Mean, spread and tails of the normal distribution, and outliers where they belong. The mean
    /// of n numbers is off by spread / sqrt(n), their variance by sqrt(2 / n) of it: four of these.
    @Test
    void valuesLookLikeTrainedOnes() {
        int rows = 700;
        int columns = 1500;
        String name = "model.layers.3.mlp.gate_proj.weight";
        var values = new float[rows * columns];
        new SyntheticWeights(SEED).tensor(name, rows, columns).read(0, values, values.length);
        var squares = new double[columns];
        for (int i = 0; i < values.length; i++)
            squares[i % columns] += (double) values[i] * values[i] / rows;
        double[] sorted = squares.clone();
        Arrays.sort(sorted);
        double spread = Math.sqrt(sorted[columns / 2]);
        assertThat(spread)
                .isBetween(0.97 * 1.3 / Math.sqrt(columns), 1.03 * 1.3 / Math.sqrt(columns));
        assertThat(Math.sqrt(sorted[columns - 2])).isBetween(4 * spread, 6 * spread);
        assertThat(Math.sqrt(sorted[columns - 3])).isLessThan(1.5 * spread);
        double sum = 0;
        double square = 0;
        long n = 0;
        long beyond = 0;
        for (int i = 0; i < values.length; i++) {
            if (squares[i % columns] > 4 * spread * spread) continue;
            double z = values[i] / (1.3 / Math.sqrt(columns));
            n++;
            sum += z;
            square += z * z;
            if (Math.abs(z) > 3) beyond++;
        }
        assertThat(sum / n).isBetween(-4 / Math.sqrt(n), 4 / Math.sqrt(n));
        assertThat(square / n).isBetween(1 - 4 * Math.sqrt(2.0 / n), 1 + 4 * Math.sqrt(2.0 / n));
        double expected = 0.0026998 * n; // probability of more than three standard deviations
        assertThat((double) beyond)
                .isBetween(expected - 4 * Math.sqrt(expected), expected + 4 * Math.sqrt(expected));
    }

    @Test
    void piecesAreThoseOfTheWhole() {
        var random = new Random(SEED);
        var tensor =
                new SyntheticWeights(3).tensor("model.layers.0.self_attn.W_pack.weight", 90, 70);
        var whole = new float[90 * 70];
        tensor.read(0, whole, whole.length);
        for (int i = 0; i < 500; i++) {
            int from = random.nextInt(whole.length);
            var piece = new float[random.nextInt(whole.length - from) + 1];
            tensor.read(from, piece, piece.length);
            assertThat(piece)
                    .as("%d from %d, seed %d", piece.length, from, SEED)
                    .isEqualTo(Arrays.copyOfRange(whole, from, from + piece.length));
        }
        var gains = new float[5000];
        new SyntheticWeights(3).tensor("model.norm.weight", 5000).read(0, gains, 5000);
        assertThat(gains).doesNotContain(gains[0] == gains[1] ? gains[0] : Float.NaN);
        double mean = 0;
        for (float gain : gains) mean += gain / 5000.0;
        assertThat(mean).isBetween(0.98, 1.02);
    }

    @Test
    void whatEndsEarlyLeavesNothing() throws IOException {
        Path target = temporary.resolve("stopped");
        var large = SyntheticModel.of("baichuan-7b").withLayers(2);
        WriteProgress impatient =
                _ -> {
                    throw new IllegalStateException("enough");
                };
        assertThatThrownBy(() -> large.write(target, 2, impatient)).hasMessage("enough");
        try (var left = Files.list(temporary)) {
            assertThat(left).isEmpty();
        }
        Files.createDirectory(target);
        assertThatThrownBy(() -> large.write(target, 1, PATIENT)).hasMessageContaining("exists");
        assertThatThrownBy(() ->
                        large.withLayers(1_000_000).write(temporary.resolve("huge"), 1, PATIENT))
                .hasMessageContaining("GB are needed");
        assertThat(temporary.resolve("huge")).doesNotExist();
        assertThatThrownBy(() -> SyntheticModel.of("baichuan-14b"))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("baichuan-13b, baichuan-7b, llama-13b");
        assertThat(Objects.requireNonNull(temporary.toFile().list())).containsExactly("stopped");
    }
}

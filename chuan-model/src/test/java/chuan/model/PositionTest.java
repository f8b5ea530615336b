package chuan.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PositionTest {
    private static final int[] SOME_PAIRS = {0, 1, 31, 62, 63};

    private static double[] slopes(double stretch, int heads) {
        var alibi = new Position.Alibi(stretch);
        return IntStream.range(0, heads).mapToDouble(h -> alibi.slope(h, heads)).toArray();
    }

    @Test
    void stretchingKeepsTheSteepestSlopeAndDividesTheFlattest() {
        for (int heads : new int[] {2, 5, 12, 32, 40, 64}) {
            double[] plain = slopes(1, heads);
            double[] stretched = slopes(8, heads);
            int steepest = indexOf(plain, Arrays.stream(plain).max().orElseThrow());
            int flattest = indexOf(plain, Arrays.stream(plain).min().orElseThrow());
            assertThat(stretched[steepest]).isCloseTo(plain[steepest], within(1e-15));
            assertThat(stretched[flattest]).isCloseTo(plain[flattest] / 8, within(1e-15));
            for (int a = 0; a < heads; a++)
                for (int b = 0; b < heads; b++)
                    if (plain[a] > plain[b])
                        assertThat(stretched[a] / stretched[b]).isGreaterThan(plain[a] / plain[b]);
        }
        assertThat(slopes(8, 1)[0]).isEqualTo(slopes(1, 1)[0] / 8);
    }

    private static int indexOf(double[] values, double value) {
        return IntStream.range(0, values.length)
                .filter(i -> values[i] == value)
                .findFirst()
                .orElseThrow();
    }

    /// `slope_k = plain_k / a^(k / (H - 1))`.
    @Test
    void forAPowerOfTwoOfHeadsThisIsThePublishedForm() {
        double[] stretched = slopes(4, 32);
        for (int k = 0; k < 32; k++)
            assertThat(stretched[k])
                    .isCloseTo(Math.pow(2, -(k + 1) / 4.0) / Math.pow(4, k / 31.0), within(1e-15));
    }

    /// A head of the second series lies between two of the first, stretched or not.
    @Test
    void furtherHeadsAreTreatedLikeTheOthers() {
        double[] stretched = slopes(4, 40);
        for (int extra = 33; extra < 40; extra++) {
            assertThat(stretched[extra]).isLessThan(stretched[extra - 33]);
            assertThat(stretched[extra]).isGreaterThan(stretched[extra - 32]);
        }
    }

    /// Head width 128, base 10,000, trained on 4,096; fp32 numbers of transformers 5.24,
    /// `ROPE_INIT_FUNCTIONS`, for pairs 0, 1, 31, 62, 63.
    @Test
    void ropeScalingsEqualTransformers() {
        check(
                new RopeScaling.Linear(4),
                0.25,
                0.21649108827114105,
                0.002886954927816987,
                3.333803761051968e-05,
                2.8869548259535804e-05);
        check(
                new RopeScaling.Dynamic(2, 4096, 8192),
                1.0,
                0.8509942889213562,
                0.0067255231551826,
                4.523266034084372e-05,
                3.849273343803361e-05);
        check(
                new RopeScaling.Dynamic(1, 4096, 16_384),
                1.0,
                0.8471172451972961,
                0.0058377874083817005,
                3.407975964364596e-05,
                2.886955189751461e-05);
        check(
                new RopeScaling.Dynamic(2, 4096, 1000),
                1.0,
                0.8659643530845642,
                0.011547819711267948,
                0.0001333521504420787,
                0.00011547819303814322);
    }

    private static void check(RopeScaling scaling, double... expected) {
        double[] frequencies = new Position.Rope(10_000, scaling).frequencies(128);
        assertThat(frequencies).hasSize(64);
        double worst = 0;
        for (int i = 0; i < SOME_PAIRS.length; i++) {
            double actual = frequencies[SOME_PAIRS[i]];
            worst = Math.max(worst, Math.abs(actual / expected[i] - 1));
            // fp32: a power of two roundings, 2^-24 each, amplified by ln(base) in the exponent
            assertThat(actual).isCloseTo(expected[i], withPercentage(1e-4));
        }
        System.out.printf("%s: largest relative difference %.1e%n", scaling, worst);
    }

    @Test
    void extensionsFollowTheContext() {
        var alibi = ModelConfig.baichuan13b();
        assertThat(Extension.NTK.apply(alibi, 4096, 16_384)).isEqualTo(new Position.Alibi(4));
        assertThat(Extension.NTK.apply(alibi, 4096, 2048)).isEqualTo(new Position.Alibi());
        assertThat(Extension.NONE.apply(alibi, 4096, 16_384)).isEqualTo(new Position.Alibi());
        assertThatThrownBy(() -> Extension.LINEAR.apply(alibi, 4096, 8192))
                .hasMessageContaining("take ntk or none");
        var rope = ModelConfig.baichuan7b();
        assertThat(Extension.LINEAR.apply(rope, 4096, 8192))
                .isEqualTo(new Position.Rope(10_000, new RopeScaling.Linear(2)));
        assertThat(Extension.DYNAMIC.apply(rope, 4096, 8192))
                .isEqualTo(new Position.Rope(10_000, new RopeScaling.Dynamic(1, 4096, 8192)));
        var configured = new Position.Rope(10_000, new RopeScaling.Dynamic(3, 4096, 4096));
        assertThat(Extension.asConfigured(configured, 9000))
                .isEqualTo(new Position.Rope(10_000, new RopeScaling.Dynamic(3, 4096, 9000)));
        assertThat(Extension.asConfigured(new Position.Alibi(), 9000))
                .isEqualTo(new Position.Alibi());
    }

    @Test
    void shrinkingIsRefused() {
        assertThatThrownBy(() -> new Position.Alibi(0.5)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new RopeScaling.Linear(Double.NaN))
                .hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new RopeScaling.Dynamic(0, 1, 1))
                .hasMessageContaining("at least 1");
    }
}

package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is stored comes back, as far as the format can hold it.
class KvFormatTest {
    private static final long SEED = Long.getLong("chuan.seed", 11);
    private static final int POSITIONS = 48;
    private static final int DIM = 20;

    private final Random random = new Random(SEED);

    /// Half a unit in the last place: nothing for fp32, 2^-11 of the number or half the smallest
    /// subnormal for fp16, half a step of 1/127 of the largest element for int8.
    @Test
    void roundsToTheNearest() {
        for (KvFormat format : KvFormat.values())
            for (float size : new float[] {1e-6f, 1, 300})
                for (boolean keys : new boolean[] {true, false}) {
                    float[][] in = vectors(size);
                    float[][] out = stored(format, in, keys);
                    for (int p = 0; p < POSITIONS; p++)
                        for (int i = 0; i < DIM; i++)
                            assertThat((double) Math.abs(out[p][i] - in[p][i]))
                                    .as("%s, %s, seed %d", format, in[p][i], SEED)
                                    .isLessThanOrEqualTo(halfStep(format, in[p], i));
                }
    }

    private static double halfStep(KvFormat format, float[] vector, int i) {
        return switch (format) {
            case F32 -> 0;
            case F16 -> Math.max(Math.abs(vector[i]) * 0x1p-11, 0x1p-25);
            case INT8 -> {
                double largest = 0;
                for (float x : vector) largest = Math.max(largest, Math.abs(x));
                yield largest / 127 / 2 * (1 + 1e-5); // two roundings of fp32
            }
        };
    }

    @Test
    void theLargestElementIsCode127() {
        float[][] in = vectors(1);
        in[5][7] = -9;
        float[][] out = stored(KvFormat.INT8, in, true);
        assertThat(out[5][7]).isEqualTo(127 * (-9f / 127));
    }

    /// Zeros stay zeros, also beside numbers too small to divide by; too large ones are cut off; no
    /// number stays no number.
    @Test
    void extremes() {
        var zeros = new float[POSITIONS][DIM];
        zeros[3][4] = Float.MIN_VALUE;
        for (KvFormat format : new KvFormat[] {KvFormat.F16, KvFormat.INT8})
            assertThat(stored(format, zeros, false)).isDeepEqualTo(new float[POSITIONS][DIM]);
        float[][] large = vectors(1);
        large[0][0] = 1e30f;
        large[1][1] = -1e30f;
        float[][] half = stored(KvFormat.F16, large, true);
        assertThat(half[0][0]).isEqualTo(65_504f);
        assertThat(half[1][1]).isEqualTo(-65_504f);
        float[][] bytes = stored(KvFormat.INT8, large, true);
        assertThat(bytes[0][0]).isBetween(0.999999e30f, 1.000001e30f);
        large[2][2] = Float.NaN;
        assertThat(stored(KvFormat.INT8, large, true)[2]).containsOnly(Float.NaN);
    }

    private float[][] vectors(float size) {
        var x = new float[POSITIONS][DIM];
        for (float[] row : x)
            for (int i = 0; i < DIM; i++) row[i] = size * (float) random.nextGaussian();
        return x;
    }

    /// Stores vectors and reads each back, in the layout of the class's contract.
    private static float[][] stored(KvFormat format, float[][] vectors, boolean keys) {
        try (var arena = Arena.ofConfined()) {
            long run = arena.allocate(format.runBytes(POSITIONS, DIM), 64).address();
            long scales = run + format.scalesAt(POSITIONS, DIM);
            var source = new float[DIM + 3];
            for (int p = 0; p < POSITIONS; p++) {
                System.arraycopy(vectors[p], 0, source, 3, DIM);
                if (keys) format.putKey(run, scales, p, source, 3, DIM);
                else format.putValue(run, scales, p, source, 3, DIM);
            }
            var out = new float[POSITIONS][DIM];
            for (int p = 0; p < POSITIONS; p++)
                for (int i = 0; i < DIM; i++) {
                    int index = keys ? (p / 16 * DIM + i) * 16 + p % 16 : p * DIM + i;
                    out[p][i] = format.element(run, index);
                    if (format == KvFormat.INT8) out[p][i] *= KvFormat.scale(scales, p);
                }
            return out;
        }
    }
}

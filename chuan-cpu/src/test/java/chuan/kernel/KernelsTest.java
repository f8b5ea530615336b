package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.files.DType;
import chuan.files.TensorData;
import chuan.kernel.KernelInputs.Run;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The vector kernels give the bits of the scalar ones: sizes that hit every tail, extremes, and
/// any division of the rows and tokens.
class KernelsTest {
    static final List<Integer> SIZES = List.of(1, 6, 13, 16, 31, 64, 207, 320, 702, 4098);

    private static final int[] TOKENS = {1, 2, 3, 4, 5, 7, 8, 11};
    private static final long SEED = Long.getLong("chuan.seed", 25);

    private final Kernels scalar = new ScalarKernels();
    private final Kernels vector = KernelSelector.forced("vector").kernels();
    private final KernelInputs inputs = new KernelInputs(SEED);

    @ParameterizedTest
    @EnumSource
    void matmul(WeightFormat format) {
        for (int size : SIZES)
            for (boolean extreme : new boolean[] {false, true}) {
                int columns = KernelInputs.columns(format, size);
                Matrix w = inputs.matrix(format, 10, columns, extreme, extreme);
                for (int tokens : TOKENS) {
                    float[] x =
                            extreme
                                    ? inputs.extremes(tokens * columns)
                                    : inputs.floats(tokens * columns);
                    equal(
                            run(scalar, w, 0, 10, x, tokens),
                            run(vector, w, 0, 10, x, tokens),
                            "%s, %d columns, %d tokens".formatted(format, columns, tokens));
                }
            }
    }

    /// Codes all zero, all ones, and each nibble and byte at its ends; one kind of scale
    /// throughout.
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "[QP].*")
    void extremeCodes(WeightFormat format) {
        int columns = KernelInputs.columns(format, 165);
        int tokens = 1 + (int) (SEED % 5);
        for (int code : new int[] {0x00, 0xff, 0x80, 0x7f, 0x88, 0x0f})
            for (float scale : new float[] {1, -1, 0, -0f, 6e-8f, -6e-8f, 65_504}) {
                Matrix w = inputs.constant(format, 18, columns, code, scale);
                for (int n : new int[] {tokens, 70}) {
                    float[] x = inputs.floats(n * columns);
                    equal(
                            run(scalar, w, 0, 18, x, n),
                            run(vector, w, 0, 18, x, n),
                            "%s, codes %x, scale %s, %d tokens".formatted(format, code, scale, n));
                }
            }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "[QP].*")
    void everyNumberOfTokens(WeightFormat format) {
        int columns = KernelInputs.columns(format, 100);
        Matrix w = inputs.matrix(format, 17, columns, true, false);
        for (int tokens = 1; tokens <= 70; tokens++) {
            float[] x = inputs.floats(tokens * columns);
            equal(
                    run(scalar, w, 0, 17, x, tokens),
                    run(vector, w, 0, 17, x, tokens),
                    format + ", " + tokens + " tokens");
        }
    }

    @ParameterizedTest
    @EnumSource
    void matmulOfOneTokenIsMatmulOfMany(WeightFormat format) {
        int columns = KernelInputs.columns(format, 207);
        int tokens = 70;
        Matrix w = inputs.matrix(format, 9, columns, false, false);
        float[] x = inputs.floats(tokens * columns);
        float[] together = run(vector, w, 0, 9, x, tokens);
        for (int t = 0; t < tokens; t++) {
            float[] one = Arrays.copyOfRange(x, t * columns, (t + 1) * columns);
            equal(
                    Arrays.copyOfRange(together, t * 9, (t + 1) * 9),
                    run(vector, w, 0, 9, one, 1),
                    "token " + t);
        }
    }

    @ParameterizedTest
    @EnumSource
    void matmulInPartsIsTheWhole(WeightFormat format) {
        int columns = KernelInputs.columns(format, 70);
        Matrix w = inputs.matrix(format, 23, columns, false, false);
        for (int tokens : new int[] {1, 6}) {
            float[] x = inputs.floats(tokens * columns);
            float[] whole = run(vector, w, 0, 23, x, tokens);
            var parts = new float[whole.length];
            var scratch = new float[vector.scratchFloats(columns)];
            for (int[] part : new int[][] {{20, 23}, {0, 5}, {6, 20}, {5, 6}})
                vector.matmul(w, part[0], part[1], x, tokens, parts, scratch);
            equal(whole, parts, tokens + " tokens");
        }
    }

    /// Against float64 and the elements as [DType] decodes them: n u sum |x w| bounds any order of
    /// the sum (Higham 2002, section 3.1); here chains are 16 times shorter, and with panels 16
    /// long in each block; a handful more for the folds and the scales.
    @ParameterizedTest
    @EnumSource
    void matmulIsTheMathematicalOne(WeightFormat format) {
        double worst = 0;
        for (int size : SIZES) {
            int columns = KernelInputs.columns(format, size);
            Matrix w = inputs.matrix(format, 19, columns, false, false);
            float[] x = inputs.floats(columns);
            float[] actual = run(vector, w, 0, 19, x, 1);
            float[] rows = decoded(w);
            for (int r = 0; r < 19; r++) {
                double sum = 0;
                double terms = 0;
                for (int k = 0; k < columns; k++) {
                    sum += (double) x[k] * rows[r * columns + k];
                    terms += Math.abs((double) x[k] * rows[r * columns + k]);
                }
                double bound = (columns / 16.0 + 22) * Math.ulp(1f) / 2 * terms;
                if (bound > 0) worst = Math.max(worst, Math.abs(actual[r] - sum) / bound);
                assertThat((double) actual[r])
                        .as("%s, %d columns, row %d", format, columns, r)
                        .isBetween(sum - bound, sum + bound);
            }
        }
        System.out.printf("%s: largest error %.3f of its bound%n", format, worst);
    }

    private static float[] decoded(Matrix w) {
        boolean int8 = w.format() == WeightFormat.INT8;
        var type = int8 ? DType.I8 : DType.valueOf(w.format().name());
        var shape = new long[] {w.rows(), w.columns()};
        float[] values = new TensorData("w", type, shape, w.memory(), Path.of("w"), 0).toFloats();
        for (int i = 0; int8 && i < values.length; i++) values[i] *= w.scales()[i / w.columns()];
        return values;
    }

    @ParameterizedTest
    @EnumSource
    void widen(WeightFormat format) {
        for (int size : SIZES) {
            int columns = KernelInputs.columns(format, size);
            Matrix w = inputs.matrix(format, 2, columns, true, true);
            var expected = new float[columns + 3];
            var actual = new float[columns + 3];
            scalar.widen(w, 1, expected, 2);
            vector.widen(w, 1, actual, 2);
            equal(expected, actual, format + ", " + columns);
        }
    }

    /// All 63,488 finite numbers of the format.
    @Test
    void everyHalfWidensExactly() {
        var memory = java.lang.foreign.Arena.ofAuto().allocate(2 * 65_536, 64);
        for (int i = 0; i < 65_536; i++)
            memory.set(
                    java.lang.foreign.ValueLayout.JAVA_SHORT,
                    2L * i,
                    (i & 0x7c00) == 0x7c00 ? 0 : (short) i);
        var w = new Matrix(WeightFormat.F16, 1, 65_536, memory, new float[0]);
        var expected = new float[65_536];
        var actual = new float[65_536];
        scalar.widen(w, 0, expected, 0);
        vector.widen(w, 0, actual, 0);
        equal(expected, actual, "fp16");
    }

    @ParameterizedTest
    @FieldSource("SIZES")
    void rows(int n) {
        for (boolean extreme : new boolean[] {false, true}) {
            float[] x = extreme ? inputs.extremes(n + 5) : inputs.floats(n + 5);
            float[] y = inputs.floats(n + 5);
            float[] gain = inputs.floats(n);
            var scratch = new float[Kernels.LANES];
            var expected = new float[n + 5];
            var actual = new float[n + 5];
            scalar.rmsNorm(x, 3, n, gain, 1e-6f, expected, scratch);
            vector.rmsNorm(x, 3, n, gain, 1e-6f, actual, scratch);
            equal(expected, actual, "rmsNorm " + n);

            expected = x.clone();
            actual = x.clone();
            scalar.add(expected, y, 2, n + 2);
            vector.add(actual, y, 2, n + 2);
            equal(expected, actual, "add " + n);

            expected = x.clone();
            actual = x.clone();
            scalar.siluTimes(expected, y, 1, n + 1);
            vector.siluTimes(actual, y, 1, n + 1);
            equal(expected, actual, "siluTimes " + n);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 32, 40, 48, 63, 64})
    void attention(int n) {
        for (KvFormat format : KvFormat.values())
            for (int dim : new int[] {1, 8, 20, 48, 64, 65, 128})
                for (int queries : new int[] {1, 2, 3, 4, 5, 9}) {
                    float[] q = inputs.floats(queries * dim);
                    var keys = inputs.run(format, n, dim);
                    var values = inputs.run(format, n, dim);
                    float[] expected = PageAttention.of(scalar, format, q, dim, keys, values, n);
                    float[] actual = PageAttention.of(vector, format, q, dim, keys, values, n);
                    equal(
                            expected,
                            actual,
                            "%s, %d queries, %d keys of %d".formatted(format, queries, n, dim));
                }
    }

    @ParameterizedTest
    @EnumSource
    void aQueryInATileIsTheQueryAlone(KvFormat format) {
        int dim = 40;
        int n = 64;
        float[] q = inputs.floats(7 * dim);
        var keys = inputs.run(format, n, dim);
        var values = inputs.run(format, n, dim);
        float[] together = PageAttention.of(vector, format, q, dim, keys, values, n);
        float[] alone =
                PageAttention.of(vector, format, Arrays.copyOf(q, dim), dim, keys, values, n);
        equal(Arrays.copyOf(alone, n), together, "dot products");
        int last = together.length - 7 * dim;
        equal(
                Arrays.copyOfRange(alone, alone.length - dim, alone.length),
                Arrays.copyOfRange(together, last, last + dim),
                "sum of values");
    }

    /// Against float64, with the error of a chain of `dim` and of `n` fused multiply-adds (Higham
    /// 2002, section 3.1), and one unit in the last place for the exponential of a score, whose own
    /// error is that of the chain and two roundings.
    @ParameterizedTest
    @EnumSource
    void attentionIsTheMathematicalOne(KvFormat format) {
        int n = 61;
        int dim = 24;
        float[] q = inputs.floats(dim);
        var keys = inputs.run(format, n, dim);
        var values = inputs.run(format, n, dim);
        float[] actual = PageAttention.of(vector, format, q, dim, keys, values, n);
        double u = Math.ulp(1f) / 2;
        var sums = new double[n];
        double largestError = 0;
        for (int t = 0; t < n; t++) {
            double terms = 0;
            for (int i = 0; i < dim; i++) {
                int index = t / 16 * 16 * dim + i * 16 + t % 16;
                double key = scale(format, keys, t) * format.element(keys.address(), index);
                sums[t] += q[i] * key;
                terms += Math.abs(q[i] * key);
            }
            double bound = (dim + 2) * u * terms;
            assertThat((double) actual[t]).isBetween(sums[t] - bound, sums[t] + bound);
            largestError = Math.max(largestError, 0.125 * bound);
        }
        // the first visit from 5000 away, the second from the first key
        double scoreError = largestError + 3 * u * 51;
        var expected = new double[dim];
        var terms = new double[dim];
        double max = Double.NEGATIVE_INFINITY;
        for (int t = 0; t < n; t++) max = Math.max(max, 0.125 * sums[t] + 0.01 * t);
        double total = 0;
        for (int visit = 0; visit < 2; visit++)
            for (int t = 0; t < n; t++) {
                double score = 0.125 * sums[t] + 0.01 * (t - 5000 * (1 - visit));
                double weight = Math.exp(score - max);
                total += weight;
                for (int i = 0; i < dim; i++) {
                    double value =
                            scale(format, values, t)
                                    * format.element(values.address(), t * dim + i);
                    expected[i] += weight * value;
                    terms[i] += Math.abs(weight * value);
                }
            }
        double relative = Math.expm1(2 * scoreError) + (2 * n + 8) * u;
        int at = actual.length - dim;
        assertThat((double) actual[at - 1]).isCloseTo(total, within(relative * total));
        for (int i = 0; i < dim; i++)
            assertThat((double) actual[at + i])
                    .as("element %d, seed %d", i, SEED)
                    .isCloseTo(expected[i], within(relative * terms[i] + 1e-20));
        Reference.reachabilityFence(keys);
        Reference.reachabilityFence(values);
    }

    private static double scale(KvFormat format, Run run, int position) {
        return format == KvFormat.INT8 ? KvFormat.scale(run.scales(), position) : 1;
    }

    /// The definition, in whole numbers: quantized activations and codes are multiplied and added
    /// as `long`s, and only then scaled.
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "P.*")
    void quantizedMatmulIsItsDefinition(WeightFormat format) {
        for (int size : SIZES)
            for (boolean extreme : new boolean[] {false, true})
                for (int tokens : new int[] {1, 2, 3, 7, 66}) {
                    Matrix w = inputs.matrix(format, 19, size, extreme, false);
                    float[] x =
                            extreme ? inputs.extremes(tokens * size) : inputs.floats(tokens * size);
                    if (size > 40) Arrays.fill(x, 0, 40, 0);
                    float[] expected = Quantized.product(w, x, tokens);
                    for (var kernels : List.of(scalar, vector))
                        equal(
                                expected,
                                Quantized.run(kernels, w, 0, 19, x, tokens),
                                "%s, %s, %d columns, %d tokens"
                                        .formatted(kernels.name(), format, size, tokens));
                }
    }

    /// Against float64 and activations as they were: a code is off by half at most, so the sum by
    /// at most half a scale times the weights of each block; and as above for the roundings.
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "P.*")
    void quantizedMatmulIsOffByHalfACode(WeightFormat format) {
        double worst = 0;
        for (int columns : SIZES) {
            Matrix w = inputs.matrix(format, 19, columns, false, false);
            float[] x = inputs.floats(columns);
            float[] actual = Quantized.run(vector, w, 0, 19, x, 1);
            float[] rows = decoded(w);
            for (int r = 0; r < 19; r++) {
                double sum = 0;
                double bound = 0;
                for (int from = 0; from < columns; from += 32) {
                    int to = Math.min(columns, from + 32);
                    double largest = 0;
                    for (int k = from; k < to; k++) largest = Math.max(largest, Math.abs(x[k]));
                    for (int k = from; k < to; k++) {
                        double weight = rows[r * columns + k];
                        sum += x[k] * weight;
                        bound += Math.abs(weight) * largest / 254;
                        bound += (columns / 32.0 + 22) * Math.ulp(1f) * Math.abs(x[k] * weight);
                    }
                }
                if (bound > 0) worst = Math.max(worst, Math.abs(actual[r] - sum) / bound);
                assertThat((double) actual[r])
                        .as("%s, %d columns, row %d, seed %d", format, columns, r, SEED)
                        .isBetween(sum - bound, sum + bound);
            }
        }
        System.out.printf("%s, int8 activations: %.3f of the error bound%n", format, worst);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "P.*")
    void quantizedMatmulPassesOnWhatIsNoNumber(WeightFormat format) {
        Matrix w = inputs.matrix(format, 16, 96, false, false);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1 / 0f})
            for (var kernels : List.of(scalar, vector)) {
                float[] x = inputs.floats(2 * 96);
                x[40] = bad;
                float[] y = Quantized.run(kernels, w, 0, 16, x, 2);
                for (int r = 0; r < 16; r++) {
                    assertThat(y[r]).as(kernels.name() + " " + bad).isNaN();
                    assertThat(y[16 + r]).isFinite();
                }
            }
    }

    /// Every exponent and 4,096 fractions each: one unit in the last place and a half.
    @Test
    void exponentialIsAccurate() {
        double largest = 0;
        for (int bits = 0; bits >= 0 && bits < 0x42ae_0000; bits += 2_039) {
            for (float x : new float[] {Float.intBitsToFloat(bits), -Float.intBitsToFloat(bits)}) {
                double exact = Math.exp(x);
                largest = Math.max(largest, Math.abs(Exponential.exp(x) - exact) / exact);
            }
        }
        System.out.printf("exp: largest relative error %.2e%n", largest);
        assertThat(largest).isLessThan(1.5 * Math.ulp(1f));
        assertThat(Exponential.exp(0)).isEqualTo(1);
        assertThat(Exponential.exp(-1e30f)).isLessThan(2e-38f);
        assertThat(Exponential.exp(1e30f)).isFinite();
        assertThat(Exponential.exp(Float.NaN)).isNaN();
    }

    private static float[] run(Kernels k, Matrix w, int from, int to, float[] x, int tokens) {
        var y = new float[tokens * w.rows()];
        k.matmul(w, from, to, x, tokens, y, new float[k.scratchFloats(w.columns())]);
        return y;
    }

    private static void equal(float[] expected, float[] actual, String what) {
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i]))
                assertThat(actual[i])
                        .as("%s: element %d, seed %d", what, i, SEED)
                        .isEqualTo(expected[i]);
    }
}

package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The verbs over elements in machine code give the bits of [ScalarKernels], and write nothing
/// beside their elements.
class EmittedElementsTest {
    @SuppressWarnings("unused")
    static final java.util.List<Integer> SIZES = KernelsTest.SIZES;

    private static final long SEED = Long.getLong("chuan.seed", 25);

    private final Kernels scalar = new ScalarKernels();
    private final KernelInputs inputs = new KernelInputs(SEED);
    private final ArrayList<String> fallbacks = new ArrayList<>();
    private final EmittedElements emitted = new EmittedElements(scalar);

    @BeforeEach
    void onlyWhereItRuns() throws CodeMemoryException {
        assumeTrue(CpuFeatures.detect().avx2(), "this processor has no AVX2");
        KernelSelector.onFallback(fallbacks::add);
    }

    /// Nobody stepped in.
    @AfterEach
    void machineCodeDidIt() {
        assertThat(fallbacks).isEmpty();
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
            emitted.rmsNorm(x, 3, n, gain, 1e-6f, actual, scratch);
            equal(expected, actual, "rmsNorm " + n);

            expected = x.clone();
            actual = x.clone();
            scalar.add(expected, y, 2, n + 2);
            emitted.add(actual, y, 2, n + 2);
            equal(expected, actual, "add " + n);

            expected = x.clone();
            actual = x.clone();
            scalar.siluTimes(expected, y, 1, n + 1);
            emitted.siluTimes(actual, y, 1, n + 1);
            equal(expected, actual, "siluTimes " + n);
        }
    }

    /// Every exponent of either sign, with a random fraction; infinities and NaN among them.
    @Test
    void siluOfEveryKindOfNumber() {
        var random = new Random(SEED);
        var x = new float[16 * 512];
        for (int i = 0; i < x.length; i++)
            x[i] = Float.intBitsToFloat(i % 512 << 23 | (i < 512 ? 0 : random.nextInt(1 << 23)));
        float[] up = inputs.floats(x.length);
        float[] expected = x.clone();
        scalar.siluTimes(expected, up, 0, x.length);
        emitted.siluTimes(x, up, 0, x.length);
        equal(expected, x, "siluTimes");
    }

    /// One page after another into the same softmax: the first from minus infinity, then scores
    /// that are larger, smaller, and so far below the largest that they weigh nothing.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 32, 40, 48, 63, 64})
    void softmaxPage(int n) {
        for (float slope : new float[] {0, 0.01f, 0.5f, 4})
            try (var arena = Arena.ofConfined()) {
                long bytes = Kernels.PAGE * 4L;
                var expected = arena.allocate(bytes, 64);
                var actual = arena.allocate(bytes, 64);
                var expectedState = new float[] {Float.NEGATIVE_INFINITY, 0};
                var actualState = expectedState.clone();
                var sums = new float[Kernels.LANES];
                for (float size : new float[] {1, 0.001f, 300, 20, -50}) {
                    float[] scores = inputs.floats(Kernels.PAGE);
                    for (int t = 0; t < scores.length; t++) {
                        expected.setAtIndex(ValueLayout.JAVA_FLOAT, t, scores[t] * size);
                        actual.setAtIndex(ValueLayout.JAVA_FLOAT, t, scores[t] * size);
                    }
                    float factor =
                            scalar.softmaxPage(
                                    expected.address(),
                                    n,
                                    0.09f,
                                    slope,
                                    77,
                                    expectedState,
                                    0,
                                    sums);
                    assertThat(
                                    emitted.softmaxPage(
                                            actual.address(),
                                            n,
                                            0.09f,
                                            slope,
                                            77,
                                            actualState,
                                            0,
                                            sums))
                            .isEqualTo(factor);
                    equal(expectedState, actualState, n + " keys, largest and sum");
                    equal(
                            expected.toArray(ValueLayout.JAVA_FLOAT),
                            actual.toArray(ValueLayout.JAVA_FLOAT),
                            n + " keys, slope " + slope);
                    scalar.multiply(expected.address(), n, factor);
                    emitted.multiply(actual.address(), n, factor);
                    equal(
                            expected.toArray(ValueLayout.JAVA_FLOAT),
                            actual.toArray(ValueLayout.JAVA_FLOAT),
                            "multiply " + n);
                }
            }
    }

    private static void equal(float[] expected, float[] actual, String what) {
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i]))
                assertThat(actual[i])
                        .as("%s: element %d, seed %d", what, i, SEED)
                        .isEqualTo(expected[i]);
    }
}

package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Machine code for panels gives the bits of the definition, for every instruction set that this
/// processor has; the others are skipped.
class EmittedPanelsTest {
    private static final List<Integer> SIZES = List.of(1, 13, 32, 33, 64, 96, 207, 702, 4098);
    private static final long SEED = Long.getLong("chuan.seed", 25);

    private final KernelInputs inputs = new KernelInputs(SEED);

    @ParameterizedTest
    @EnumSource
    void products(InstructionSet set) {
        Kernels kernels = kernels(set);
        for (var format : List.of(WeightFormat.PANEL4, WeightFormat.PANEL8))
            for (int columns : SIZES)
                for (boolean extreme : new boolean[] {false, true}) {
                    Matrix w = inputs.matrix(format, 53, columns, extreme, extreme);
                    for (int tokens : new int[] {1, 2, 5, 23, 66}) {
                        float[] x =
                                extreme
                                        ? inputs.extremes(tokens * columns)
                                        : inputs.floats(tokens * columns);
                        equal(kernels, w, x, tokens);
                    }
                }
    }

    @ParameterizedTest
    @EnumSource
    void everyNumberOfTokens(InstructionSet set) {
        Kernels kernels = kernels(set);
        for (var format : List.of(WeightFormat.PANEL4, WeightFormat.PANEL8)) {
            Matrix w = inputs.matrix(format, 17, 100, true, false);
            for (int tokens = 1; tokens <= 70; tokens++)
                equal(kernels, w, inputs.floats(tokens * 100), tokens);
        }
    }

    /// All codes and all activations at their ends: the largest sums there can be.
    @ParameterizedTest
    @EnumSource
    void largestSums(InstructionSet set) {
        Kernels kernels = kernels(set);
        for (var format : List.of(WeightFormat.PANEL4, WeightFormat.PANEL8))
            for (int code : new int[] {0x00, 0xff, 0x81, 0x7f, 0x88, 0x0f, 0xf0})
                for (float scale : new float[] {1, -1, 0, -0f, 6e-8f, 65_504}) {
                    Matrix w = inputs.constant(format, 32, 192, code, scale);
                    for (float value : new float[] {1, -1, 1e30f, -1e-40f, 0}) {
                        var x = new float[9 * 192];
                        Arrays.fill(x, value);
                        equal(kernels, w, x, 9);
                    }
                }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongByteIsNoticed(InstructionSet set) {
        kernels(set);
        for (int at : new int[] {0, 77, 4001})
            assertThatThrownBy(() -> EmittedPanels.of(set, flip(at)))
                    .isInstanceOf(WrongCodeException.class)
                    .hasMessageContaining("byte " + at + " of the machine code for " + set.title());
    }

    private static UnaryOperator<byte[]> flip(int at) {
        return bytes -> {
            bytes[at] ^= 1;
            return bytes;
        };
    }

    private static Kernels kernels(InstructionSet set) {
        try {
            assumeTrue(set.runsOn(CpuFeatures.detect()), "this processor has no " + set.title());
        } catch (CodeMemoryException e) {
            assumeTrue(false, e.getMessage());
        }
        var selected = KernelSelector.forced(set.id());
        assertThat(selected.reason()).startsWith("machine code for " + set.title());
        return selected.kernels();
    }

    private static void equal(Kernels kernels, Matrix w, float[] x, int tokens) {
        float[] expected = Quantized.run(new ScalarKernels(), w, 0, w.rows(), x, tokens);
        float[] actual = Quantized.run(kernels, w, 0, w.rows(), x, tokens);
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i]))
                assertThat(actual[i])
                        .as(
                                "%s, %s, %d columns, %d tokens, element %d, seed %d",
                                kernels.name(), w.format(), w.columns(), tokens, i, SEED)
                        .isEqualTo(expected[i]);
    }
}

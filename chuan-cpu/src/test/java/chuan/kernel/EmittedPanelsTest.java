package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.quant.Panels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
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

    /// Activations at each end of what can be quantized: every exponent, infinities, NaN.
    @ParameterizedTest
    @EnumSource
    void everyMagnitudeOfActivations(InstructionSet set) {
        Kernels kernels = kernels(set);
        for (var format : List.of(WeightFormat.PANEL4, WeightFormat.PANEL8)) {
            Matrix w = inputs.matrix(format, 16, 96, false, false);
            for (int exponent = 0; exponent < 256; exponent++) {
                float[] x = inputs.floats(3 * 96);
                float unit = Float.intBitsToFloat(exponent << 23 | 0x2b_5a77);
                for (int i = 32; i < 64; i++) x[i] = i % 3 == 0 ? unit : -unit / (i - 30);
                x[2 * 96 + exponent % 96] = -unit;
                equal(kernels, w, x, 3);
            }
        }
    }

    /// More panels than wait in the cache, more columns than a stretch, rows in odd parts.
    @ParameterizedTest
    @EnumSource
    void manyPanelsAndAnyRows(InstructionSet set) {
        Kernels kernels = kernels(set);
        int rows = 16 * 19 + 5;
        for (var format : List.of(WeightFormat.PANEL4, WeightFormat.PANEL8)) {
            Matrix w = inputs.matrix(format, rows, 2080, true, false);
            for (int tokens : new int[] {1, 13, 30}) {
                float[] x = inputs.floats(tokens * 2080);
                float[] expected = Quantized.run(new ScalarKernels(), w, 3, rows - 9, x, tokens);
                float[] actual = Quantized.run(kernels, w, 3, rows - 9, x, tokens);
                assertThat(actual).as("%s, %d tokens", format, tokens).isEqualTo(expected);
            }
        }
    }

    /// Weights, activations and results end where memory ends.
    @ParameterizedTest
    @EnumSource
    void nothingIsReadOrWrittenBehindTheEnd(InstructionSet set) throws Exception {
        kernels(set);
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs mmap as Linux has it");
        var functions = new PanelFunctions(set, UnaryOperator.identity(), UnaryOperator.identity());
        PanelCode code = set.panels();
        for (Panels layout : Panels.values())
            for (var form : EnumSet.of(PanelForm.of(layout), code.unpacked(layout)))
                for (int tokens = 1; tokens <= code.mostTokens(); tokens++)
                    if (code.meets(layout, form, tokens))
                        nothingBehindTheEnd(functions, layout, form, tokens);
        functions.close();
    }

    private void nothingBehindTheEnd(
            PanelFunctions functions, Panels layout, PanelForm form, int tokens) throws Exception {
        int columns = 3 * Panels.COLUMNS;
        Matrix w = inputs.matrix(WeightFormat.valueOf(layout.name()), 32, columns, false, false);
        float[] x = inputs.floats(tokens * columns);
        int blockBytes = PackedRows.blockBytes(tokens, form.codeBytes());
        try (var weights = new GuardedMemory(w.memory().byteSize());
                var unpacked = new GuardedMemory(2 * form.panelBytes(columns));
                var row = new GuardedMemory((long) columns * Float.BYTES);
                var tile = new GuardedMemory(6L * blockBytes);
                var out = new GuardedMemory((long) 32 * tokens * Float.BYTES)) {
            weights.segment.copyFrom(w.memory());
            long multiplied = weights.segment.address();
            if (form != PanelForm.of(layout)) {
                // the last panel first: what is written behind its end hits the guard
                multiplied = unpacked.segment.address();
                for (int panel = 1; panel >= 0; panel--)
                    functions.unpack(
                            layout,
                            weights.segment.address() + panel * layout.panelBytes(columns),
                            3,
                            multiplied + panel * form.panelBytes(columns));
            }
            long codeBytes = (long) Panels.BLOCK * form.codeBytes();
            for (int t = 0; t < tokens; t++) {
                var values = Arrays.copyOfRange(x, t * columns, (t + 1) * columns);
                row.segment.copyFrom(MemorySegment.ofArray(values));
                long starts = tile.segment.address() + tokens * codeBytes + 4L * t;
                functions.quantize(
                        layout,
                        form.codeBytes(),
                        row.segment.address(),
                        6,
                        tile.segment.address() + t * codeBytes,
                        blockBytes,
                        starts,
                        starts + 4L * tokens);
            }
            functions.multiply(
                    form,
                    tokens,
                    multiplied,
                    form.panelBytes(columns),
                    2,
                    tile.segment.address(),
                    3,
                    out.segment.address());
            assertThat(out.segment.toArray(ValueLayout.JAVA_FLOAT))
                    .as("%s, %d tokens", form, tokens)
                    .isEqualTo(Quantized.run(new ScalarKernels(), w, 0, 32, x, tokens));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongByteIsNoticed(InstructionSet set) {
        kernels(set);
        for (int at : new int[] {0, 77, 4001})
            assertThatThrownBy(() -> EmittedPanels.of(set, UnaryOperator.identity(), flip(at)))
                    .isInstanceOf(WrongCodeException.class)
                    .hasMessageContaining("byte " + at + " of the machine code for " + set.title());
    }

    /// One byte of a constant is wrong in what is written: the code runs, and its results tell.
    @ParameterizedTest
    @EnumSource
    void aWrongInstructionIsNoticed(InstructionSet set) {
        kernels(set);
        for (boolean first : new boolean[] {true, false})
            assertThatThrownBy(() ->
                            EmittedPanels.of(
                                    set,
                                    bytes -> breakMask(bytes, first),
                                    UnaryOperator.identity()))
                    .isInstanceOf(WrongCodeException.class)
                    .hasMessageContaining(set.title() + " fails its self-test: 4-bit weights");
    }

    /// The first or the last mask of nibbles.
    private static byte[] breakMask(byte[] bytes, boolean first) {
        String mask = "\u000f".repeat(4);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = first ? text.indexOf(mask) : text.lastIndexOf(mask);
        bytes[at] ^= 1;
        return bytes;
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

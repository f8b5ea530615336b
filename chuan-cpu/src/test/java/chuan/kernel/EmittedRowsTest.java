package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The bits of [ScalarKernels], from either width of registers.
class EmittedRowsTest {
    private static final long SEED = Long.getLong("chuan.seed", 25);
    private static final int[] TOKENS = {1, 2, 3, 4, 5, 6, 7, 11, 13};

    private final Random random = new Random(SEED);
    private final KernelInputs inputs = new KernelInputs(SEED);
    private final ScalarKernels scalar = new ScalarKernels();

    static EmittedRows emitted(int bits) throws CodeMemoryException {
        var features = CpuFeatures.detect();
        assumeTrue(
                bits == 512 ? features.avx512() : features.avx2(),
                "this processor has no registers of " + bits + " bits: " + features);
        return new EmittedRows(new VectorKernels(), bits);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void sameBits(int bits) throws CodeMemoryException {
        var emitted = emitted(bits);
        for (var format : WeightFormat.values())
            for (int size : new int[] {16, 70, 288})
                for (int tokens : TOKENS) {
                    int columns = KernelInputs.columns(format, size);
                    check(emitted, format, 10 + random.nextInt(9), columns, tokens, size % 3 == 1);
                }
    }

    /// More tokens than the cache holds rows of: several blocks.
    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void blocksOfTokens(int bits) throws CodeMemoryException {
        var emitted = emitted(bits);
        for (var format : new WeightFormat[] {WeightFormat.F32, WeightFormat.F16})
            for (int tokens : new int[] {31, 32, 33})
                check(emitted, format, 5, 8192, tokens, false);
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void inParts(int bits) throws CodeMemoryException {
        var emitted = emitted(bits);
        Matrix w = inputs.matrix(WeightFormat.BF16, 23, 80, false, false);
        for (int tokens : new int[] {1, 6, 9}) {
            float[] x = inputs.floats(tokens * 80);
            var expected = new float[tokens * 23];
            var actual = new float[tokens * 23];
            var scratch = new float[scratchFloats(80)];
            scalar.matmul(w, 0, 23, x, tokens, expected, scratch);
            for (int[] part : new int[][] {{20, 23}, {0, 5}, {6, 20}, {5, 6}})
                emitted.matmul(w, part[0], part[1], x, tokens, actual, scratch);
            same(expected, actual, tokens + " tokens");
        }
    }

    /// Activations laid out in one go and in parts, in a place used before; rows in parts.
    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16", "F16", "INT8"})
    void manyTokens(WeightFormat format) throws CodeMemoryException {
        var emitted = emitted(512);
        var tiled = new TiledRows();
        for (int columns : new int[] {16, 80, 320, 1024})
            for (int tokens : new int[] {7, 8, 9, 10, 11, 12, 13, 16, 17, 31, 70, 140}) {
                int rows = 4 * (1 + random.nextInt(12));
                boolean extreme = tokens % 3 == 1;
                Matrix w = inputs.matrix(format, rows, columns, extreme, extreme);
                float[] x =
                        extreme
                                ? inputs.extremes(tokens * columns)
                                : inputs.floats(tokens * columns);
                assertThat(emitted.arranges(w, tokens)).isTrue();
                emitted.wide().prepare(tokens, columns, tiled);
                int part = random.nextInt(tokens);
                emitted.wide().arrange(x, part, tokens, tiled);
                emitted.wide().arrange(x, 0, part, tiled);
                var expected = new float[tokens * rows];
                var actual = new float[tokens * rows];
                var scratch = new float[scratchFloats(columns)];
                scalar.matmul(w, 0, rows, x, tokens, expected, scratch);
                int middle = Math.min(16, rows);
                emitted.matmul(w, middle, rows, tiled, actual, scratch);
                emitted.matmul(w, 0, middle, tiled, actual, scratch);
                same(
                        expected,
                        actual,
                        "%s, %d rows, %d columns, %d tokens, seed %d"
                                .formatted(format, rows, columns, tokens, SEED));
            }
    }

    @Test
    void whatIsNotArranged() throws CodeMemoryException {
        var emitted = emitted(512);
        Matrix w = inputs.matrix(WeightFormat.BF16, 8, 64, false, false);
        assertThat(emitted.arranges(w, 6)).as("few tokens").isFalse();
        assertThat(emitted.arranges(w, 7)).isTrue();
        for (var other :
                List.of(
                        inputs.matrix(WeightFormat.BF16, 8, 72, false, false),
                        inputs.matrix(WeightFormat.BF16, 9, 64, false, false),
                        inputs.matrix(WeightFormat.BF16, 8, 2048, false, false),
                        inputs.matrix(WeightFormat.Q8_0, 8, 64, false, false),
                        inputs.matrix(WeightFormat.PANEL4, 16, 64, false, false)))
            assertThat(emitted.arranges(other, 16))
                    .as(other.format() + " " + other.columns())
                    .isFalse();
        assertThat(emitted(256).arranges(w, 16)).as("256 bits").isFalse();
    }

    private static int scratchFloats(int columns) {
        return Math.max(
                new VectorKernels().scratchFloats(columns), EmittedRows.scratchFloats(columns));
    }

    private void check(
            EmittedRows emitted,
            WeightFormat format,
            int rows,
            int columns,
            int tokens,
            boolean extreme) {
        Matrix w = inputs.matrix(format, rows, columns, extreme, extreme);
        float[] x = extreme ? inputs.extremes(tokens * columns) : inputs.floats(tokens * columns);
        int from = random.nextInt(3);
        int to = rows - random.nextInt(3);
        var expected = new float[tokens * rows];
        Arrays.fill(expected, 7);
        var actual = expected.clone();
        var scratch = new float[scratchFloats(columns)];
        scalar.matmul(w, from, to, x, tokens, expected, scratch);
        emitted.matmul(w, from, to, x, tokens, actual, scratch);
        same(
                expected,
                actual,
                "%s, rows %d..%d of %d, %d columns, %d tokens, seed %d"
                        .formatted(format, from, to, rows, columns, tokens, SEED));
    }

    private static void same(float[] expected, float[] actual, String what) {
        for (int i = 0; i < expected.length; i++)
            assertThat(Float.floatToIntBits(actual[i]))
                    .as("%s, element %d: %s, not %s", what, i, actual[i], expected[i])
                    .isEqualTo(Float.floatToIntBits(expected[i]));
    }
}

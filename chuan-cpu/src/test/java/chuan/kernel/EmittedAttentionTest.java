package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The bits of plain loops, from either width of registers, and nothing written elsewhere.
class EmittedAttentionTest {
    private static final long SEED = Long.getLong("chuan.seed", 25);
    private static final int PAGE = Kernels.PAGE;
    private static final int[] QUERIES = {1, 2, 3, 4, 5, 6, 11, 13};
    private static final int[] POSITIONS = {1, 16, 31, 33, 64};
    private static final int[] DIMS = {16, 80, 128};
    private static final int MOST = 14;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private final Random random = new Random(SEED);

    private static EmittedAttention emitted(int bits) throws CodeMemoryException {
        var features = CpuFeatures.detect();
        assumeTrue(
                bits == 512 ? features.avx512() : features.avx2(),
                "this processor has no registers of " + bits + " bits: " + features);
        return new EmittedAttention(bits, new ScalarKernels());
    }

    private MemorySegment floats(Arena arena, long n) {
        var m = arena.allocate(n * Float.BYTES, 4);
        for (long i = 0; i < n; i++) m.setAtIndex(FLOAT, i, (float) random.nextGaussian());
        return m;
    }

    @ParameterizedTest
    @CsvSource({"256, F32", "512, F32", "256, F16", "512, F16", "256, INT8", "512, INT8"})
    void scores(int bits, KvFormat format) throws CodeMemoryException {
        var emitted = emitted(bits);
        for (int dim : DIMS)
            try (var arena = Arena.ofConfined()) {
                var q = floats(arena, (long) MOST * dim);
                var keys = arena.allocate(format.runBytes(PAGE, dim));
                long scales = keys.address() + format.scalesAt(PAGE, dim);
                var x = new float[dim];
                for (int t = 0; t < PAGE; t++) {
                    for (int i = 0; i < dim; i++) x[i] = (float) random.nextGaussian();
                    format.putKey(keys.address(), scales, t, x, 0, dim);
                }
                var scratch = arena.allocate((long) PAGE * dim * Float.BYTES);
                for (int queries : QUERIES)
                    for (int n : POSITIONS) {
                        var out = floats(arena, (long) MOST * PAGE);
                        var before = out.toArray(FLOAT);
                        emitted.scores(
                                q.address(),
                                queries,
                                format,
                                keys.address(),
                                scales,
                                dim,
                                n,
                                out.address(),
                                scratch.address());
                        for (int i = 0; i < MOST; i++)
                            for (int t = 0; t < PAGE; t++) {
                                if (i < queries && t >= n && t < (n + 15) / 16 * 16) continue;
                                float expected = before[i * PAGE + t];
                                if (i < queries && t < n) {
                                    expected = 0;
                                    for (int j = 0; j < dim; j++)
                                        expected =
                                                Math.fma(
                                                        q.getAtIndex(FLOAT, (long) i * dim + j),
                                                        format.element(
                                                                keys.address(),
                                                                (long) t / 16 * 16 * dim
                                                                        + 16L * j
                                                                        + t % 16),
                                                        expected);
                                    if (format == KvFormat.INT8)
                                        expected *= KvFormat.scale(scales, t);
                                }
                                same(expected, out, i * PAGE + t, dim, queries, n);
                            }
                    }
            }
    }

    @ParameterizedTest
    @CsvSource({"256, F32", "512, F32", "256, F16", "512, F16", "256, INT8", "512, INT8"})
    void weightedValues(int bits, KvFormat format) throws CodeMemoryException {
        var emitted = emitted(bits);
        for (int dim : DIMS)
            try (var arena = Arena.ofConfined()) {
                var values = arena.allocate(format.runBytes(PAGE, dim));
                long scales = values.address() + format.scalesAt(PAGE, dim);
                var x = new float[dim];
                for (int t = 0; t < PAGE; t++) {
                    for (int i = 0; i < dim; i++) x[i] = (float) random.nextGaussian();
                    format.putValue(values.address(), scales, t, x, 0, dim);
                }
                var scratch = arena.allocate((long) PAGE * dim * Float.BYTES);
                for (int queries : QUERIES)
                    for (int n : POSITIONS) {
                        var weights = floats(arena, (long) MOST * PAGE);
                        var w = weights.toArray(FLOAT);
                        var out = floats(arena, (long) MOST * dim);
                        var before = out.toArray(FLOAT);
                        emitted.addWeighted(
                                weights.address(),
                                queries,
                                n,
                                format,
                                values.address(),
                                scales,
                                dim,
                                out.address(),
                                scratch.address());
                        for (int i = 0; i < MOST; i++)
                            for (int j = 0; j < dim; j++) {
                                float expected = before[i * dim + j];
                                if (i < queries)
                                    for (int t = 0; t < n; t++) {
                                        float weight = w[i * PAGE + t];
                                        if (format == KvFormat.INT8)
                                            weight *= KvFormat.scale(scales, t);
                                        expected =
                                                Math.fma(
                                                        weight,
                                                        format.element(
                                                                values.address(),
                                                                (long) t * dim + j),
                                                        expected);
                                    }
                                same(expected, out, i * dim + j, dim, queries, n);
                            }
                    }
            }
    }

    private static void same(
            float expected, MemorySegment out, int at, int dim, int queries, int n) {
        float actual = out.getAtIndex(FLOAT, at);
        if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected))
            assertThat(actual)
                    .as(
                            "element %d, dim %d, %d queries, %d positions, seed %d",
                            at, dim, queries, n, SEED)
                    .isEqualTo(expected);
    }
}

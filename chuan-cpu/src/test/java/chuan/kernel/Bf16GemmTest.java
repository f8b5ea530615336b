package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.Binutils;
import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.kernel.Bf16Gemm.Order;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// All products of bf16 give the bits of [ScalarBf16Gemm], which is the definition; and that is
/// close to the product of the rounded numbers in double precision.
class Bf16GemmTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    @TempDir Path folder;

    /// @param name `vector` or `emitted`
    private static Bf16Gemm gemm(String name, Order order) {
        if (name.equals("scalar")) return new ScalarBf16Gemm(order);
        var vector = new VectorBf16Gemm(order);
        if (name.equals("vector")) return vector;
        assumeTrue(hasInstructions(order), "this processor has no instructions for " + order);
        var emitted = EmittedBf16Gemm.orElse(order, vector);
        assertThat(emitted).isInstanceOf(EmittedBf16Gemm.class);
        return emitted;
    }

    private static boolean hasInstructions(Order order) {
        try {
            var features = CpuFeatures.detect();
            return features.avx512Bf16() && (order == Order.PAIRS || features.amxBf16());
        } catch (CodeMemoryException _) {
            return false;
        }
    }

    /// Operands of one product, and what it gives.
    private record Case(
            Arena arena,
            int rows,
            int depth,
            int columns,
            boolean adds,
            boolean aTurned,
            boolean bTurned,
            int apart,
            MemorySegment a,
            MemorySegment b,
            MemorySegment c) {

        static Case random(
                SplittableRandom random, Arena arena, ToDoubleFunction<SplittableRandom> number) {
            int rows = random.nextInt(1, 90);
            int depth = random.nextInt(3) == 0 ? 32 * random.nextInt(1, 5) : random.nextInt(1, 150);
            int columns =
                    random.nextInt(3) == 0 ? 32 * random.nextInt(1, 5) : random.nextInt(1, 150);
            int apart = random.nextInt(3);
            return new Case(
                    arena,
                    rows,
                    depth,
                    columns,
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextBoolean(),
                    apart,
                    floats((rows + apart) * (depth + apart), random, arena, number),
                    floats((columns + apart) * (depth + apart), random, arena, number),
                    floats(rows * (columns + apart), random, arena, number));
        }

        private static MemorySegment floats(
                int n,
                SplittableRandom random,
                Arena arena,
                ToDoubleFunction<SplittableRandom> number) {
            var memory = arena.allocate(4L * n, 64);
            for (int i = 0; i < n; i++)
                memory.setAtIndex(FLOAT, i, (float) number.applyAsDouble(random));
            return memory;
        }

        private long a(int i, int k) {
            return aTurned ? (long) k * (rows + apart) + i : (long) i * (depth + apart) + k;
        }

        private long b(int k, int j) {
            return bTurned ? (long) j * (depth + apart) + k : (long) k * (columns + apart) + j;
        }

        private long c(int i, int j) {
            return (long) i * (columns + apart) + j;
        }

        /// All of `c`, what lies between rows too.
        MemorySegment by(Bf16Gemm gemm) {
            var out = arena.allocate(c.byteSize(), 64).copyFrom(c);
            int panels = Math.ceilDiv(columns, BlockProduct.WIDTH);
            var packed = arena.allocate(panels * gemm.packedBytes(depth), 64).fill((byte) -1);
            var own = arena.allocate(gemm.ownBytes(rows, columns, depth), 64).fill((byte) -1);
            gemm.packColumns(
                    b.address(),
                    4 * (b(1, 0) - b(0, 0)),
                    4 * (b(0, 1) - b(0, 0)),
                    depth,
                    columns,
                    packed.address(),
                    own.address());
            gemm.multiply(
                    a.address(),
                    4 * (a(1, 0) - a(0, 0)),
                    4 * (a(0, 1) - a(0, 0)),
                    rows,
                    packed.address(),
                    depth,
                    out.address(),
                    4 * c(1, 0),
                    columns,
                    adds,
                    own.address());
            return out;
        }
    }

    private static double ordinary(SplittableRandom random) {
        return random.nextDouble(-2, 2);
    }

    /// Products around the smallest normal number, subnormal operands, and zeros of both signs.
    private static double small(SplittableRandom random) {
        double sign = random.nextBoolean() ? 1 : -1;
        return switch (random.nextInt(8)) {
            case 0 -> 0 * sign;
            case 1 -> sign * Float.MIN_VALUE * random.nextInt(1, 1 << 23);
            case 2 -> sign * 0x1p-75;
            case 3 -> sign * 0x1p-63;
            default ->
                    sign * (1 + random.nextInt(4) / 4.0) * Math.scalb(1.0, -random.nextInt(55, 75));
        };
    }

    /// Everything that 32 bits can be.
    private static double any(SplittableRandom random) {
        return Float.intBitsToFloat(random.nextInt());
    }

    /// Large ones, whose sums overflow here and there.
    private static double large(SplittableRandom random) {
        return random.nextDouble(-1, 1) * Math.scalb(1.0, random.nextInt(40, 66));
    }

    @ParameterizedTest
    @CsvSource({"vector, BLOCKS", "vector, PAIRS", "emitted, BLOCKS", "emitted, PAIRS"})
    void theBitsOfTheDefinition(String name, Order order) {
        var gemm = gemm(name, order);
        check(gemm, 150, Bf16GemmTest::ordinary);
        check(gemm, 25, Bf16GemmTest::small);
        check(gemm, 25, Bf16GemmTest::any);
        check(gemm, 25, Bf16GemmTest::large);
    }

    private static void check(
            Bf16Gemm gemm, int rounds, ToDoubleFunction<SplittableRandom> number) {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < rounds; round++)
            try (var arena = Arena.ofConfined()) {
                var one = Case.random(random, arena, number);
                float[] expected = one.by(new ScalarBf16Gemm(gemm.order())).toArray(FLOAT);
                float[] actual = one.by(gemm).toArray(FLOAT);
                for (int i = 0; i < expected.length; i++)
                    if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i]))
                        assertThat(Float.toHexString(actual[i]))
                                .as("seed %d round %d, %d of %s", seed, round, i, one)
                                .isEqualTo(Float.toHexString(expected[i]));
            }
    }

    /// What lies a quarter of the last place below the smallest normal number rounds up to it, and
    /// stays; what lies farther below is zero. Found on a processor; Intel says "FTZ".
    @ParameterizedTest
    @CsvSource({
        "scalar, BLOCKS",
        "scalar, PAIRS",
        "vector, BLOCKS",
        "vector, PAIRS",
        "emitted, BLOCKS",
        "emitted, PAIRS"
    })
    void smallResultsAreZero(String name, Order order) {
        var gemm = gemm(name, order);
        assertThat(sumOfTwo(gemm, 0x1p-63f, 0x1p-63f, -0x1p-75f, 0x1p-75f)).isZero();
        assertThat(sumOfTwo(gemm, 0x1p-63f, 0x1p-63f, 0x1p-75f, 0x1p-75f)).isEqualTo(0x1p-126f);
        assertThat(sumOfTwo(gemm, 0x1p-63f, 0x1p-63f, -0x1p-75f, 0x1p-76f)).isEqualTo(0x1p-126f);
    }

    /// `a b + c d`, a chain of two.
    private static float sumOfTwo(Bf16Gemm gemm, float a, float b, float c, float d) {
        try (var arena = Arena.ofConfined()) {
            var left = arena.allocateFrom(FLOAT, a, 0, c);
            var right = arena.allocateFrom(FLOAT, b, 0, d);
            var out = arena.allocate(FLOAT);
            return new Case(arena, 1, 3, 1, true, false, true, 0, left, right, out)
                    .by(gemm)
                    .get(FLOAT, 0);
        }
    }

    /// An error of one rounding per step of a chain, 2^-24 of the sum of all magnitudes each. With
    /// blocks 40 steps at most lie behind an element, of 34 in a block and one per block; with
    /// pairs as many as it has products, filled up, 160 at most.
    @ParameterizedTest
    @EnumSource
    void theDefinitionIsAProductOfRoundedNumbers(Order order) {
        int steps = order == Order.BLOCKS ? 40 : 160;
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 40; round++)
            try (var arena = Arena.ofConfined()) {
                var one = Case.random(random, arena, Bf16GemmTest::ordinary);
                var out = one.by(new ScalarBf16Gemm(order));
                for (int i = 0; i < one.rows(); i++)
                    for (int j = 0; j < one.columns(); j++) {
                        double sum = one.adds() ? one.c().getAtIndex(FLOAT, one.c(i, j)) : 0;
                        double size = Math.abs(sum);
                        for (int k = 0; k < one.depth(); k++) {
                            double product =
                                    toBf16(one.a().getAtIndex(FLOAT, one.a(i, k)))
                                            * toBf16(one.b().getAtIndex(FLOAT, one.b(k, j)));
                            sum += product;
                            size += Math.abs(product);
                        }
                        assertThat((double) out.getAtIndex(FLOAT, one.c(i, j)))
                                .as("seed %d round %d [%d, %d] of %s", seed, round, i, j, one)
                                .isCloseTo(sum, within(steps * 0x1p-24 * size));
                    }
            }
    }

    /// Eight bits of a significand, by arithmetic.
    private static double toBf16(double x) {
        if (x == 0) return 0;
        double unit = Math.scalb(1.0, Math.getExponent(x) - 7);
        return Math.rint(x / unit) * unit;
    }

    @ParameterizedTest
    @EnumSource
    void everyFunctionIsReadable(Order order) throws IOException, InterruptedException {
        for (var function : ((EmittedBf16Gemm) gemm("emitted", order)).functions()) {
            var code = function.code();
            var found = new Binutils(folder).disassemble(code.bytes());
            int end = 0;
            while (!found.get(end).mnemonic().equals("ret")) end++;
            // constants follow
            assertThat(found.subList(0, end)).noneMatch(line -> line.text().contains("(bad)"));
        }
    }
}

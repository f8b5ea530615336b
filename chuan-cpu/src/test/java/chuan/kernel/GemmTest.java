package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// All products give the bits of [ScalarGemm], which is the definition: any numbers of rows,
/// columns and depth, any distances, begun at zero or not.
class GemmTest {
    private static Gemm gemm(String name) {
        return switch (name) {
            case "vector" -> new VectorGemm();
            case "256" -> {
                assumeTrue(runs(InstructionSet.AVX2), "this processor has no AVX2");
                yield new EmittedGemm(256, new ScalarGemm());
            }
            default -> {
                assumeTrue(runs(InstructionSet.AVX512_VNNI), "this processor has no AVX-512");
                yield new EmittedGemm(512, new ScalarGemm());
            }
        };
    }

    private static boolean runs(InstructionSet set) {
        try {
            return set.runsOn(CpuFeatures.detect());
        } catch (CodeMemoryException _) {
            return false;
        }
    }

    private static MemorySegment random(int floats, SplittableRandom random, Arena arena) {
        var memory = arena.allocate(4L * floats, 64);
        for (int i = 0; i < floats; i++)
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-2, 2));
        return memory;
    }

    @ParameterizedTest
    @ValueSource(strings = {"vector", "256", "512"})
    void theBitsOfTheDefinition(String name) {
        var gemm = gemm(name);
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var scalar = new ScalarGemm();
        for (int round = 0; round < 300; round++)
            try (var arena = Arena.ofConfined()) {
                int rows = random.nextInt(1, 40);
                int depth = random.nextInt(1, 70);
                int columns = random.nextInt(4) == 0 ? 32 : random.nextInt(1, 33);
                boolean adds = random.nextBoolean();
                boolean turned = random.nextBoolean();
                int apart = random.nextInt(3);
                int aRow = turned ? 1 : depth + apart;
                int aStep = turned ? rows + apart : 1;
                int cRow = columns + random.nextInt(20);
                var a = random((rows + apart) * (depth + apart), random, arena);
                var b = random((depth + apart) * 40, random, arena);
                var c = random(rows * cRow, random, arena);
                var expected = arena.allocate(c.byteSize(), 64).copyFrom(c);
                var panel = arena.allocate(Gemm.panelBytes(depth), 64);
                var scratch = arena.allocate(Math.max(1, gemm.ownBytes(rows, columns, depth)), 64);
                boolean across = random.nextBoolean();
                if (across)
                    gemm.packTransposed(
                            b.address(), 4L * (depth + apart), depth, columns, panel.address());
                else gemm.pack(b.address(), 160, depth, columns, panel.address());
                for (int k = 0; k < depth; k++)
                    for (int j = 0; j < Gemm.WIDTH; j++) {
                        int at = across ? j * (depth + apart) + k : k * 40 + j;
                        float wanted = j < columns ? b.getAtIndex(ValueLayout.JAVA_FLOAT, at) : 0;
                        assertThat(panel.getAtIndex(ValueLayout.JAVA_FLOAT, k * 32L + j))
                                .as("seed %d round %d", seed, round)
                                .isEqualTo(wanted);
                    }
                for (var one : new Gemm[] {scalar, gemm})
                    one.panel(
                            a.address(),
                            4L * aRow,
                            4L * aStep,
                            rows,
                            panel.address(),
                            depth,
                            (one == scalar ? expected : c).address(),
                            4L * cRow,
                            columns,
                            adds,
                            scratch.address());
                assertThat(c.mismatch(expected)).as("seed %d round %d", seed, round).isEqualTo(-1);
            }
    }
}

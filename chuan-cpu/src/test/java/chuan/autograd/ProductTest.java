package chuan.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.ScalarBf16Gemm;
import chuan.kernel.ScalarGemm;
import chuan.kernel.TrainingKernels;
import chuan.kernel.VectorGemm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Products large enough to be cut in depth, rows and columns have the bits of the definition,
/// taken in one piece.
class ProductTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private static MemorySegment random(int floats, SplittableRandom random, Arena arena) {
        var memory = arena.allocate(4L * floats, 64);
        for (int i = 0; i < floats; i++) memory.setAtIndex(FLOAT, i, (float) random.nextGaussian());
        return memory;
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "fp32 vector", "bf16"})
    void cutsChangeNothing(String kind) {
        boolean rounds = kind.equals("bf16");
        var fastest = TrainingKernels.select();
        BlockProduct definition =
                rounds ? new ScalarBf16Gemm(fastest.bf16().order()) : new ScalarGemm();
        BlockProduct kernel =
                rounds ? fastest.bf16() : kind.equals("fp32") ? fastest.gemm() : new VectorGemm();
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        int[][] shapes = {{700, 40, 50}, {30, 1100, 40}, {20, 70, 1300}, {300, 130, 600}};
        for (int[] shape : shapes)
            for (boolean adds : new boolean[] {false, true})
                try (var arena = Arena.ofConfined();
                        var pool = new WorkerPool(2);
                        var scratch = new Scratch(2)) {
                    int m = shape[0] + random.nextInt(40);
                    int n = shape[1] + random.nextInt(40);
                    int k = shape[2] + random.nextInt(40);
                    var a = random(m * k, random, arena);
                    var b = random(k * n, random, arena);
                    var c = random(m * n, random, arena);
                    var expected = arena.allocate(c.byteSize(), 64).copyFrom(c);
                    boolean aTurned = random.nextBoolean();
                    boolean bTurned = random.nextBoolean();
                    long aRow = aTurned ? 4 : 4L * k;
                    long aColumn = aTurned ? 4L * m : 4;
                    long bRow = bTurned ? 4 : 4L * n;
                    long bColumn = bTurned ? 4L * k : 4;

                    scratch.reserve(Product.ownBytes(kernel), Product.packedBytes(kernel, n, k));
                    new Product(kernel, pool, scratch)
                            .a(a.address(), aRow, aColumn)
                            .b(b.address(), bRow, bColumn)
                            .c(c.address(), 4L * n)
                            .run(m, n, k, adds);

                    long panels = Math.ceilDiv(n, BlockProduct.WIDTH);
                    var packed = arena.allocate(panels * definition.packedBytes(k), 64);
                    var own = arena.allocate(definition.ownBytes(m, n, k) + 1, 64);
                    definition.packColumns(
                            b.address(), bRow, bColumn, k, n, packed.address(), own.address());
                    definition.multiply(
                            a.address(),
                            aRow,
                            aColumn,
                            m,
                            packed.address(),
                            k,
                            expected.address(),
                            4L * n,
                            n,
                            adds,
                            own.address());
                    assertThat(c.mismatch(expected))
                            .as("seed %d: %d x %d x %d, adds %b", seed, m, n, k, adds)
                            .isEqualTo(-1);
                }
    }
}

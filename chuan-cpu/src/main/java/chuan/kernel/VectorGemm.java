package chuan.kernel;

import static chuan.kernel.Registers.F;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// [Gemm] by the Vector API: four rows at a time, a register of columns each.
public final class VectorGemm implements Gemm {
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LANES = F.length();

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public void panel(
            long a,
            long aRow,
            long aStep,
            int rows,
            long panel,
            int depth,
            long c,
            long cRow,
            int columns,
            boolean adds,
            long own) {
        for (int j = 0; j < columns; j += LANES) {
            int n = Math.min(LANES, columns - j);
            int i = 0;
            for (; i + 4 <= rows; i += 4)
                four(a + i * aRow, aRow, aStep, panel, depth, c + i * cRow, cRow, j, n, adds);
            for (; i < rows; i++) one(a + i * aRow, aStep, panel, depth, c + i * cRow, j, n, adds);
        }
    }

    private static FloatVector begin(long c, int j, int n, boolean adds) {
        if (!adds) return FloatVector.zero(F);
        long at = c + 4L * j;
        if (n == LANES) return FloatVector.fromMemorySegment(F, Memory.ALL, at, ORDER);
        return FloatVector.fromMemorySegment(F, Memory.ALL, at, ORDER, F.indexInRange(0, n));
    }

    private static void end(FloatVector sum, long c, int j, int n) {
        long at = c + 4L * j;
        if (n == LANES) sum.intoMemorySegment(Memory.ALL, at, ORDER);
        else sum.intoMemorySegment(Memory.ALL, at, ORDER, F.indexInRange(0, n));
    }

    private static void four(
            long a,
            long aRow,
            long aStep,
            long panel,
            int depth,
            long c,
            long cRow,
            int j,
            int n,
            boolean adds) {
        var s0 = begin(c, j, n, adds);
        var s1 = begin(c + cRow, j, n, adds);
        var s2 = begin(c + 2 * cRow, j, n, adds);
        var s3 = begin(c + 3 * cRow, j, n, adds);
        for (int k = 0; k < depth; k++) {
            var b =
                    FloatVector.fromMemorySegment(
                            F, Memory.ALL, panel + 4L * (k * (long) WIDTH + j), ORDER);
            long at = a + k * aStep;
            s0 = b.fma(FloatVector.broadcast(F, Memory.f32(at, 0)), s0);
            s1 = b.fma(FloatVector.broadcast(F, Memory.f32(at + aRow, 0)), s1);
            s2 = b.fma(FloatVector.broadcast(F, Memory.f32(at + 2 * aRow, 0)), s2);
            s3 = b.fma(FloatVector.broadcast(F, Memory.f32(at + 3 * aRow, 0)), s3);
        }
        end(s0, c, j, n);
        end(s1, c + cRow, j, n);
        end(s2, c + 2 * cRow, j, n);
        end(s3, c + 3 * cRow, j, n);
    }

    private static void one(
            long a, long aStep, long panel, int depth, long c, int j, int n, boolean adds) {
        var sum = begin(c, j, n, adds);
        for (int k = 0; k < depth; k++) {
            var b =
                    FloatVector.fromMemorySegment(
                            F, Memory.ALL, panel + 4L * (k * (long) WIDTH + j), ORDER);
            sum = b.fma(FloatVector.broadcast(F, Memory.f32(a + k * aStep, 0)), sum);
        }
        end(sum, c, j, n);
    }
}

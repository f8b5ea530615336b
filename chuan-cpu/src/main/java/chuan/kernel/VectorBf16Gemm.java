package chuan.kernel;

import static chuan.kernel.Registers.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [Bf16Gemm] by the Vector API, for processors without instructions for it: a register of columns
/// at a time, panels and rows as rounded numbers in fp32. Vectors of Java know subnormal numbers,
/// so each step looks whether it made one; then it is done again element by element.
public record VectorBf16Gemm(Order order) implements Bf16Gemm {
    private static final int LANES = F.length();
    private static final int SMALLEST = Float.floatToRawIntBits(Float.MIN_NORMAL);

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public long packedBytes(int depth) {
        return Gemm.panelBytes(Bf16Gemm.padded(depth));
    }

    /// A row, and a row of a panel of `c`.
    @Override
    public long ownBytes(int rows, int columns, int depth) {
        return ((long) Bf16Gemm.padded(depth) + WIDTH) * Float.BYTES;
    }

    @Override
    public void packColumns(
            long b, long bRow, long bColumn, int depth, int columns, long panels, long own) {
        ScalarBf16Gemm.pack(b, bRow, bColumn, depth, columns, panels);
    }

    @Override
    public void multiply(
            long a,
            long aRow,
            long aColumn,
            int rows,
            long panels,
            int depth,
            long c,
            long cRow,
            int columns,
            boolean adds,
            long own) {
        int padded = Bf16Gemm.padded(depth);
        long sums = own + (long) padded * Float.BYTES;
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < padded; k++) {
                float x = k < depth ? Memory.f32(a + i * aRow + k * aColumn, 0) : 0;
                Memory.putF32(own, k, Bf16.rounded(x));
            }
            for (int first = 0; first < columns; first += WIDTH) {
                int n = Math.min(WIDTH, columns - first);
                long to = c + i * cRow + (long) first * Float.BYTES;
                for (int j = 0; j < WIDTH; j++)
                    Memory.putF32(sums, j, adds && j < n ? Bf16.flushed(Memory.f32(to, j)) : 0);
                long panel = panels + first / WIDTH * packedBytes(depth);
                for (int j = 0; j < n; j += LANES)
                    Registers.put(
                            sum(own, panel + (long) j * Float.BYTES, padded, sums + 4L * j),
                            sums + 4L * j);
                for (int j = 0; j < n; j++) Memory.putF32(to, j, Memory.f32(sums, j));
            }
        }
    }

    private FloatVector sum(long row, long panel, int padded, long before) {
        var sum = Registers.f32(before);
        for (int k = 0; k < padded; k += DEPTH)
            sum = order == Order.BLOCKS ? block(row, panel, k, sum) : pairs(row, panel, k, sum);
        return sum;
    }

    private static FloatVector block(long row, long panel, int k, FloatVector sum) {
        var even = FloatVector.zero(F);
        var odd = FloatVector.zero(F);
        for (int t = k; t < k + DEPTH; t += 2) {
            even = step(row, t, at(panel, t), even);
            odd = step(row, t + 1, at(panel, t + 1), odd);
        }
        return flushed(sum.add(flushed(even.add(odd))));
    }

    private static FloatVector pairs(long row, long panel, int k, FloatVector before) {
        var sum = before;
        for (int t = k; t < k + DEPTH; t += 2) {
            sum = step(row, t + 1, at(panel, t + 1), sum);
            sum = step(row, t, at(panel, t), sum);
        }
        return sum;
    }

    private static long at(long panel, int k) {
        return panel + (long) k * WIDTH * Float.BYTES;
    }

    private static FloatVector step(long row, int k, long b, FloatVector sum) {
        float left = Memory.f32(row, k);
        var right = Registers.f32(b);
        var result = right.fma(FloatVector.broadcast(F, left), sum);
        return hasSmall(result) ? slowly(left, right, sum) : result;
    }

    /// Whether an element is not zero, but not above the smallest normal number.
    private static boolean hasSmall(FloatVector x) {
        return x.reinterpretAsInts()
                .and(Integer.MAX_VALUE)
                .sub(1)
                .compare(VectorOperators.ULT, SMALLEST)
                .anyTrue();
    }

    private static FloatVector slowly(float left, FloatVector right, FloatVector sum) {
        var result = sum;
        for (int i = 0; i < LANES; i++)
            result = result.withLane(i, Bf16.fma(left, right.lane(i), sum.lane(i)));
        return result;
    }

    private static FloatVector flushed(FloatVector x) {
        var bits = x.reinterpretAsInts();
        var subnormal = bits.and(Integer.MAX_VALUE).compare(VectorOperators.LT, SMALLEST);
        var sign = bits.and(Integer.MIN_VALUE);
        return bits.blend(sign, subnormal).reinterpretAsFloats();
    }
}

package chuan.kernel;

/// [Bf16Gemm] by its definition. Panels hold rounded numbers in fp32.
public record ScalarBf16Gemm(Order order) implements Bf16Gemm {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public long packedBytes(int depth) {
        return Gemm.panelBytes(Bf16Gemm.padded(depth));
    }

    @Override
    public long ownBytes(int rows, int columns, int depth) {
        return 0;
    }

    @Override
    public void packColumns(
            long b, long bRow, long bColumn, int depth, int columns, long panels, long own) {
        pack(b, bRow, bColumn, depth, columns, panels);
    }

    static void pack(long b, long bRow, long bColumn, int depth, int columns, long panels) {
        int padded = Bf16Gemm.padded(depth);
        for (int first = 0; first < columns; first += WIDTH) {
            long panel = panels + first / WIDTH * Gemm.panelBytes(padded);
            for (int k = 0; k < padded; k++)
                for (int j = 0; j < WIDTH; j++) {
                    boolean inside = k < depth && first + j < columns;
                    long from = b + k * bRow + (first + j) * bColumn;
                    float x = inside ? Bf16.rounded(Memory.f32(from, 0)) : 0;
                    Memory.putF32(panel, (long) k * WIDTH + j, x);
                }
        }
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
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                long panel = panels + j / WIDTH * packedBytes(depth);
                float sum = adds ? Bf16.flushed(Memory.f32(c + i * cRow, j)) : 0;
                for (int k = 0; k < depth; k += DEPTH)
                    sum = block(a + i * aRow, aColumn, panel, k, depth, j % WIDTH, sum);
                Memory.putF32(c + i * cRow, j, sum);
            }
    }

    private float block(long a, long aColumn, long panel, int k, int depth, int column, float sum) {
        return switch (order) {
            case BLOCKS -> {
                float even = 0;
                float odd = 0;
                for (int t = k; t < k + DEPTH; t += 2) {
                    even = step(a, aColumn, panel, t, depth, column, even);
                    odd = step(a, aColumn, panel, t + 1, depth, column, odd);
                }
                yield Bf16.flushed(sum + Bf16.flushed(even + odd));
            }
            case PAIRS -> {
                float chain = sum;
                for (int t = k; t < k + DEPTH; t += 2) {
                    chain = step(a, aColumn, panel, t + 1, depth, column, chain);
                    chain = step(a, aColumn, panel, t, depth, column, chain);
                }
                yield chain;
            }
        };
    }

    private static float step(
            long a, long aColumn, long panel, int k, int depth, int column, float sum) {
        float left = k < depth ? Bf16.rounded(Memory.f32(a + k * aColumn, 0)) : 0;
        return Bf16.fma(left, Memory.f32(panel, (long) k * WIDTH + column), sum);
    }
}

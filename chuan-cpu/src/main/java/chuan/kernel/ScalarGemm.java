package chuan.kernel;

/// [Gemm] by its definition.
public final class ScalarGemm implements Gemm {
    @Override
    public String name() {
        return "scalar";
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
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                float sum = adds ? Memory.f32(c + i * cRow, j) : 0;
                for (int k = 0; k < depth; k++)
                    sum =
                            Math.fma(
                                    Memory.f32(a + i * aRow + k * aStep, 0),
                                    Memory.f32(panel, (long) k * WIDTH + j),
                                    sum);
                Memory.putF32(c + i * cRow, j, sum);
            }
    }
}

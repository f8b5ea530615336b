package chuan.kernel;

/// Products of fp32 matrices, a panel of columns at a time: what training computes with. Operands
/// are addresses of memory off the heap; distances are in bytes.
///
/// The result is defined bit for bit: each element is one chain `s = fma(a[k], b[k], s)` over
/// ascending `k`, begun at 0 or at what was there. So a product may be cut in any way, in depth
/// too, and shared among any number of threads. Stateless.
public sealed interface Gemm extends BlockProduct permits ScalarGemm, VectorGemm, EmittedGemm {
    /// A block of 256 times 32 floats is two thirds of a first-level cache; one of 256 times 264 or
    /// 512 lies in the second.
    Blocking BLOCKING = new Blocking(256, 1, 264, 12, 512, 1 << 20);

    /// Bytes of a panel of this depth.
    static long panelBytes(int depth) {
        return (long) depth * WIDTH * Float.BYTES;
    }

    @Override
    default Blocking blocking() {
        return BLOCKING;
    }

    @Override
    default long packedBytes(int depth) {
        return panelBytes(depth);
    }

    @Override
    default long ownBytes(int rows, int columns, int depth) {
        return 0;
    }

    @Override
    default void packColumns(
            long b, long bRow, long bColumn, int depth, int columns, long panels, long own) {
        for (int j = 0; j < columns; j += WIDTH) {
            long from = b + j * bColumn;
            long panel = panels + j / WIDTH * panelBytes(depth);
            int n = Math.min(WIDTH, columns - j);
            if (bColumn == Float.BYTES) pack(from, bRow, depth, n, panel);
            else packTransposed(from, bColumn, depth, n, panel);
        }
    }

    @Override
    default void multiply(
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
        for (int j = 0; j < columns; j += WIDTH)
            panel(
                    a,
                    aRow,
                    aColumn,
                    rows,
                    panels + j / WIDTH * panelBytes(depth),
                    depth,
                    c + (long) j * Float.BYTES,
                    cRow,
                    Math.min(WIDTH, columns - j),
                    adds,
                    own);
    }

    /// Makes a panel of columns `[0, columns)` of a matrix whose rows are `row` bytes apart:
    /// `panel[k][j] = b[k][j]` for `k < depth`, zero behind the last column.
    default void pack(long b, long row, int depth, int columns, long panel) {
        for (int k = 0; k < depth; k++)
            for (int j = 0; j < WIDTH; j++)
                Memory.putF32(
                        panel, (long) k * WIDTH + j, j < columns ? Memory.f32(b + k * row, j) : 0);
    }

    /// The same of a matrix whose columns are `column` bytes apart, their elements side by side.
    default void packTransposed(long b, long column, int depth, int columns, long panel) {
        for (int j = 0; j < WIDTH; j++)
            for (int k = 0; k < depth; k++)
                Memory.putF32(
                        panel,
                        (long) k * WIDTH + j,
                        j < columns ? Memory.f32(b + j * column, k) : 0);
    }

    /// `c[i][j] = sum_k a[i][k] * panel[k][j]` for `i < rows`, `j < columns`; or added to `c`.
    ///
    /// @param a address of element `[0][0]`; others at `i * aRow + k * aStep`
    /// @param panel address of `[depth][WIDTH]`, zero from `columns` on; a multiple of 64
    /// @param c address of `[0][0]`; others at `i * cRow + 4 * j`
    /// @param columns 1 to [#WIDTH]
    /// @param own of the calling thread, [#ownBytes] for these columns
    void panel(
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
            long own);
}

package chuan.kernel;

/// What products of matrices are cut into: a block of rows of `A` times packed columns of `B`.
/// Operands are fp32 at addresses off the heap, with distances in bytes between rows and columns,
/// one of which is that of a float. Everything happens on the calling thread. Stateless.
///
/// Two families, whose numbers differ: [Gemm] multiplies in fp32, [Bf16Gemm] rounds both operands
/// to bf16. Within a family all give the same bits, and the same however a product is cut: rows and
/// columns anywhere, depth at multiples of [Blocking#depthUnit].
public sealed interface BlockProduct permits Gemm, Bf16Gemm {
    /// Columns of a panel.
    int WIDTH = 32;

    /// Sizes of the pieces that do best.
    ///
    /// @param depth of a block, at most; a multiple of `depthUnit`
    /// @param rows of a block, at most; a multiple of `rowUnit`
    /// @param columns at a time, at most; a multiple of [#WIDTH]
    /// @param resident bytes of packed columns that stay in a core's second-level cache
    record Blocking(int depth, int depthUnit, int rows, int rowUnit, int columns, long resident) {}

    /// For people.
    String name();

    Blocking blocking();

    /// Bytes of a packed panel of this depth.
    long packedBytes(int depth);

    /// Bytes that a thread needs for blocks of up to this size, and for packing as many columns; at
    /// a multiple of 64.
    long ownBytes(int rows, int columns, int depth);

    /// Packs `B`, `[depth, columns]`: its panels of [#WIDTH] columns one behind the other.
    ///
    /// @param panels address of [#packedBytes] for each panel, a multiple of 64
    /// @param own of the calling thread, [#ownBytes]
    void packColumns(
            long b, long bRow, long bColumn, int depth, int columns, long panels, long own);

    /// `C = A B`, or added to `C`, which is `[rows, columns]` with its columns side by side.
    ///
    /// @param panels of [#packColumns] with the same depth; only those of these columns are read
    /// @param own of the calling thread, [#ownBytes]
    void multiply(
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
            long own);
}

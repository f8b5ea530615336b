package chuan.quant;

import java.lang.foreign.MemorySegment;

/// The same codes and scales in another layout or order of rows: Q4_0 and PANEL4, Q8_0 and PANEL8.
/// Nothing is lost either way.
///
/// @param columns a multiple of 32 where one of the layouts is llama.cpp's
public record Rearrangement(BlockLayout from, BlockLayout to, int columns) {

    /// Where the rows of the new matrix come from.
    public interface Rows {
        /// The matrix that holds new row `row`.
        MemorySegment matrix(long row);

        /// Which of its rows that is.
        long index(long row);
    }

    public Rearrangement {
        if (from.fourBits() != to.fourBits())
            throw new IllegalArgumentException(from + " and " + to + " hold different numbers");
        if (columns <= 0
                || (columns % BlockTile.BLOCK != 0
                        && (from.rowsTogether() == 1 || to.rowsTogether() == 1)))
            throw new IllegalArgumentException(columns + " columns cannot be " + from);
    }

    /// Writes the new matrix's rows `[first, first + rows)` to the start of `out`. `first` is a
    /// multiple of [BlockLayout#rowsTogether] of the new layout.
    public void copy(Rows in, long first, long rows, MemorySegment out) {
        if (from.rowsTogether() == 1 && to.rowsTogether() > 1) {
            new RowsToPanels(to.panels(), columns).copy(in, first, rows, out);
            return;
        }
        var tile = new BlockTile();
        for (long row = 0; row < rows; row += BlockTile.ROWS) {
            int height = (int) Math.min(BlockTile.ROWS, rows - row);
            for (int column = 0; column < columns; column += BlockTile.COLUMNS) {
                tile.shape(height, Math.min(BlockTile.COLUMNS, columns - column));
                for (int r = 0; r < height; r++) {
                    long source = first + row + r;
                    from.read(tile, r, in.matrix(source), columns, in.index(source), column);
                }
                to.write(tile, out, columns, row, column);
            }
        }
    }
}

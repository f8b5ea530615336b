package chuan.quant;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Quantizes a matrix piece by piece: sixteen rows by up to 512 columns pass through the cache at a
/// time, whatever the size of the matrix.
///
/// @param scheme what is made
/// @param columns of the matrix, a multiple of the scheme's [BlockScheme#rowMultiple]
/// @param importance per column, how much a squared error there counts; see [Importance]. Empty:
///   all alike. Not to be written to
public record MatrixQuantizer(BlockScheme scheme, int columns, float[] importance) {

    /// Where values come from; `index` counts in row-major order. Any thread may ask.
    public interface Values {
        /// Copies `count` values from `index` on to `out[at, at + count)`.
        void copyTo(long index, float[] out, int at, int count);
    }

    public MatrixQuantizer {
        if (columns <= 0 || columns % scheme.rowMultiple() != 0)
            throw new IllegalArgumentException(columns + " columns cannot be " + scheme);
        if (importance.length != 0 && importance.length != columns)
            throw new IllegalArgumentException(
                    importance.length + " importances for " + columns + " columns");
    }

    /// How the bytes lie.
    public BlockLayout layout() {
        return scheme.layout();
    }

    /// Bytes of `rows` rows.
    public long bytes(long rows) {
        return scheme.layout().bytes(rows, columns);
    }

    /// Writes the rows `[from, to)` to the start of `out`. `from` is a multiple of
    /// [BlockLayout#rowsTogether].
    ///
    /// @param error takes up what is lost
    public void quantize(Values values, long from, long to, MemorySegment out, ErrorSum error) {
        Objects.checkFromToIndex(0, bytes(to - from), out.byteSize());
        var tile = new BlockTile();
        var quantizer = scheme.newQuantizer();
        var own = new ErrorSum();
        for (long row = from; row < to; row += BlockTile.ROWS) {
            int rows = (int) Math.min(BlockTile.ROWS, to - row);
            for (int column = 0; column < columns; column += BlockTile.COLUMNS) {
                int width = Math.min(BlockTile.COLUMNS, columns - column);
                for (int r = 0; r < rows; r++)
                    values.copyTo(
                            (row + r) * columns + column, tile.input, r * BlockTile.STRIDE, width);
                tile.turn(rows, width);
                if (importance.length != 0) tile.weigh(importance, column);
                quantizer.quantize(tile);
                tile.addErrorTo(own);
                scheme.layout().write(tile, out, columns, row - from, column);
            }
        }
        error.add(own);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}

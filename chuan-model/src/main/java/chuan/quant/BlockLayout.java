package chuan.quant;

import java.lang.foreign.MemorySegment;

/// Where codes and scales of a matrix lie: the four layouts that hold blocks of 32 columns with one
/// fp16 scale. The pairs of four and of eight bits hold the same numbers, so what one says can be
/// said in the other without loss.
public enum BlockLayout {
    Q4_0,
    Q8_0,
    PANEL4,
    PANEL8;

    /// The smallest number of rows whose bytes lie together: 1, or a panel's 16.
    public int rowsTogether() {
        return isPanel() ? Panels.ROWS : 1;
    }

    /// Bytes of `rows` rows from the start of a group that lies together.
    public long bytes(long rows, long columns) {
        return switch (this) {
            case Q4_0, Q8_0 -> Math.multiplyExact(rows, rowBytes(columns));
            case PANEL4 -> Panels.PANEL4.bytes(rows, columns);
            case PANEL8 -> Panels.PANEL8.bytes(rows, columns);
        };
    }

    private long rowBytes(long columns) {
        return columns / BlockTile.BLOCK * blockBytes();
    }

    private int blockBytes() {
        return fourBits() ? BlockFormat.Q4_0.bytes() : BlockFormat.Q8_0.bytes();
    }

    boolean fourBits() {
        return this == Q4_0 || this == PANEL4;
    }

    /// The panels of as many bits.
    Panels panels() {
        return fourBits() ? Panels.PANEL4 : Panels.PANEL8;
    }

    private boolean isPanel() {
        return this == PANEL4 || this == PANEL8;
    }

    /// Writes the codes and scales of `tile`, which begins at `row` and `column` of a matrix whose
    /// bytes begin at `matrix`; only its own part of them is touched.
    void write(BlockTile tile, MemorySegment matrix, long columns, long row, int column) {
        if (isPanel()) {
            var panels = panels();
            PanelEncoder.write(panels, tile, matrix, panels.superblock(columns, row, column));
        } else {
            long at = row * rowBytes(columns) + column / BlockTile.BLOCK * blockBytes();
            RowBlocks.write(fourBits(), tile, matrix, at, rowBytes(columns));
        }
    }

    /// Fills row `r` of `tile` with the codes and scales of row `row` from `column` on.
    void read(BlockTile tile, int r, MemorySegment matrix, long columns, long row, int column) {
        if (isPanel()) {
            var panels = panels();
            long at = panels.superblock(columns, row, column);
            PanelEncoder.read(panels, tile, r, matrix, at, (int) (row % Panels.ROWS));
        } else {
            long at = row * rowBytes(columns) + column / BlockTile.BLOCK * blockBytes();
            RowBlocks.read(fourBits(), tile, r, matrix, at);
        }
    }
}

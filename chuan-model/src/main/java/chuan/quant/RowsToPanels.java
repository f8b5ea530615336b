package chuan.quant;

import static chuan.quant.BlockFormat.INT;
import static chuan.quant.BlockFormat.SHORT;

import java.lang.foreign.MemorySegment;

/// Q4_0 and Q8_0 as panels, without a look at the codes: four bytes of a block are four bytes of a
/// line, so words change places and nothing else.
///
/// @param columns a multiple of 32
record RowsToPanels(Panels panels, int columns) {

    /// See [Rearrangement#copy].
    void copy(Rearrangement.Rows in, long first, long rows, MemorySegment out) {
        int blockBytes = Short.BYTES + panels.lines() * Integer.BYTES;
        long rowBytes = (long) (columns / Panels.BLOCK) * blockBytes;
        long panelBytes = panels.panelBytes(columns);
        boolean padded = columns % Panels.COLUMNS != 0;
        for (long row = 0; row < rows; row += Panels.ROWS) {
            int height = (int) Math.min(Panels.ROWS, rows - row);
            var panel = out.asSlice(row / Panels.ROWS * panelBytes, panelBytes);
            if (padded || height < Panels.ROWS) panel.fill((byte) 0);
            for (int r = 0; r < height; r++) {
                long source = first + row + r;
                copyRow(in.matrix(source), in.index(source) * rowBytes, blockBytes, panel, r);
            }
        }
    }

    private void copyRow(MemorySegment in, long from, int blockBytes, MemorySegment panel, int r) {
        int blocks = columns / Panels.BLOCK;
        int half = panels.lines() * Panels.LINE;
        for (int b = 0; b < blocks; b++) {
            long block = from + (long) b * blockBytes;
            long superblock = (long) (b / 2) * panels.superblockBytes();
            long scale = superblock + (b % 2 * Panels.ROWS + r) * Short.BYTES;
            panel.set(SHORT, scale, in.get(SHORT, block));
            long codes = superblock + Panels.SCALE_BYTES + b % 2 * half + r * Integer.BYTES;
            for (int z = 0; z < panels.lines(); z++)
                panel.set(
                        INT,
                        codes + (long) z * Panels.LINE,
                        in.get(INT, block + Short.BYTES + (long) z * Integer.BYTES));
        }
    }
}

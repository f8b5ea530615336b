package chuan.quant;

import static chuan.quant.BlockFormat.BYTE;
import static chuan.quant.BlockFormat.SHORT;

import java.lang.foreign.MemorySegment;

/// Between a tile and llama.cpp's Q4_0 and Q8_0, where a row is a sequence of blocks: an fp16
/// scale, then 16 bytes (column `j` in the low nibble, `j + 16` in the high one) or 32 signed
/// bytes.
final class RowBlocks {
    private static final int HALF = BlockTile.BLOCK / 2;

    private RowBlocks() {}

    /// @param at where the block of the tile's first row and column begins
    static void write(boolean fourBits, BlockTile tile, MemorySegment out, long at, long rowBytes) {
        int size = size(fourBits);
        for (int r = 0; r < tile.rows(); r++)
            for (int b = 0; b < tile.blocks(); b++) {
                long to = at + r * rowBytes + (long) b * size;
                int lane = b * BlockTile.ROWS + r;
                out.set(SHORT, to, Float.floatToFloat16(tile.scales[lane]));
                int[][] q = tile.codes;
                if (fourBits)
                    for (int j = 0; j < HALF; j++)
                        out.set(
                                BYTE,
                                to + 2 + j,
                                (byte) ((q[j][lane] + 8) | ((q[j + HALF][lane] + 8) << 4)));
                else
                    for (int j = 0; j < BlockTile.BLOCK; j++)
                        out.set(BYTE, to + 2 + j, (byte) q[j][lane]);
            }
    }

    /// Fills row `r` of a tile from the blocks that begin at byte `at`.
    static void read(boolean fourBits, BlockTile tile, int r, MemorySegment in, long at) {
        int[][] q = tile.codes;
        for (int b = 0; b < tile.blocks(); b++) {
            long from = at + (long) b * size(fourBits);
            int lane = b * BlockTile.ROWS + r;
            tile.scales[lane] = BlockFormat.half(in, from);
            if (fourBits)
                for (int j = 0; j < HALF; j++) {
                    int pair = in.get(BYTE, from + 2 + j);
                    q[j][lane] = (pair & 15) - 8;
                    q[j + HALF][lane] = ((pair >> 4) & 15) - 8;
                }
            else for (int j = 0; j < BlockTile.BLOCK; j++) q[j][lane] = in.get(BYTE, from + 2 + j);
        }
    }

    private static int size(boolean fourBits) {
        return (fourBits ? BlockFormat.Q4_0 : BlockFormat.Q8_0).bytes();
    }
}

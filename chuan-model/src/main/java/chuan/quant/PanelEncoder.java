package chuan.quant;

import static chuan.quant.BlockFormat.INT;
import static chuan.quant.BlockFormat.SHORT;

import java.lang.foreign.MemorySegment;

/// Between a tile and its superblocks in a panel. A tile's lane is a row of a block, and a line of
/// a block is one word for each of its 16 rows: words are built for all lanes at once and then
/// copied sixteen at a time.
final class PanelEncoder {
    private static final int LINE_WORDS = Panels.LINE / Integer.BYTES;

    private PanelEncoder() {}

    /// @param at where the superblock of the tile's first column begins
    static void write(Panels panels, BlockTile tile, MemorySegment out, long at) {
        int superblocks = Math.ceilDiv(tile.columns(), Panels.COLUMNS);
        if (tile.rows() < Panels.ROWS || tile.blocks() % 2 != 0)
            out.asSlice(at, (long) superblocks * panels.superblockBytes()).fill((byte) 0);
        for (int b = 0; b < tile.blocks(); b++)
            for (int r = 0; r < tile.rows(); r++)
                out.set(
                        SHORT,
                        scalesOf(panels, at, b) + (long) r * Short.BYTES,
                        Float.floatToFloat16(tile.scales[b * Panels.ROWS + r]));
        var words = new int[tile.lanes()];
        for (int z = 0; z < panels.lines(); z++) {
            if (panels == Panels.PANEL4) pack4(tile.codes, z, words);
            else pack8(tile.codes, z, words);
            for (int b = 0; b < tile.blocks(); b++)
                MemorySegment.copy(
                        words,
                        b * Panels.ROWS,
                        out,
                        INT,
                        linesOf(panels, at, b) + (long) z * Panels.LINE,
                        Math.min(tile.rows(), LINE_WORDS));
        }
    }

    /// Fills row `r` of a tile from a row of panels.
    ///
    /// @param at where the superblock of the tile's first column begins
    /// @param row in its panel
    static void read(Panels panels, BlockTile tile, int r, MemorySegment in, long at, int row) {
        for (int b = 0; b < tile.blocks(); b++) {
            int lane = b * Panels.ROWS + r;
            long scale = scalesOf(panels, at, b) + (long) row * Short.BYTES;
            tile.scales[lane] = BlockFormat.half(in, scale);
            long word = linesOf(panels, at, b) + (long) row * Integer.BYTES;
            for (int z = 0; z < panels.lines(); z++)
                unpack(panels, in.get(INT, word + (long) z * Panels.LINE), z, tile.codes, lane);
        }
    }

    private static void unpack(Panels panels, int word, int z, int[][] codes, int lane) {
        for (int j = 0; j < Integer.BYTES; j++) {
            byte code = (byte) (word >>> (Byte.SIZE * j));
            switch (panels) {
                case PANEL4 -> {
                    codes[4 * z + j][lane] = (code & 15) - 8;
                    codes[4 * z + j + Panels.BLOCK / 2][lane] = ((code >> 4) & 15) - 8;
                }
                case PANEL8 -> codes[4 * z + j][lane] = code;
            }
        }
    }

    private static long scalesOf(Panels panels, long at, int block) {
        return at
                + (long) (block / 2) * panels.superblockBytes()
                + block % 2 * Panels.ROWS * Short.BYTES;
    }

    private static long linesOf(Panels panels, long at, int block) {
        return at
                + (long) (block / 2) * panels.superblockBytes()
                + Panels.SCALE_BYTES
                + block % 2 * panels.lines() * Panels.LINE;
    }

    private static void pack4(int[][] codes, int z, int[] words) {
        int[] a = codes[4 * z];
        int[] b = codes[4 * z + 1];
        int[] c = codes[4 * z + 2];
        int[] d = codes[4 * z + 3];
        int[] e = codes[4 * z + 16];
        int[] f = codes[4 * z + 17];
        int[] g = codes[4 * z + 18];
        int[] h = codes[4 * z + 19];
        for (int n = 0; n < words.length; n++) {
            int low = (a[n] + 8) | (b[n] + 8) << 8 | (c[n] + 8) << 16 | (d[n] + 8) << 24;
            int high = (e[n] + 8) | (f[n] + 8) << 8 | (g[n] + 8) << 16 | (h[n] + 8) << 24;
            words[n] = low | (high << 4);
        }
    }

    private static void pack8(int[][] codes, int z, int[] words) {
        int[] a = codes[4 * z];
        int[] b = codes[4 * z + 1];
        int[] c = codes[4 * z + 2];
        int[] d = codes[4 * z + 3];
        for (int n = 0; n < words.length; n++)
            words[n] = (a[n] & 255) | (b[n] & 255) << 8 | (c[n] & 255) << 16 | d[n] << 24;
    }
}

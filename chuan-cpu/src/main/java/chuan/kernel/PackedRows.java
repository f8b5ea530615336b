package chuan.kernel;

import chuan.quant.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// [QuantizedRows] as machine code reads them, off the heap: tokens in tiles, each tile one stream.
/// A tile of `T` tokens has, for each block of 32 columns, `T` x 32 int8 codes, `T` int32 start
/// values (for which [PanelCode#start] knows the reason) and `T` fp32 scales; blocks are padded to
/// whole superblocks with zeros.
final class PackedRows {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LINE = 64;

    private MemorySegment memory = MemorySegment.NULL;
    private int tokens;
    private int superblocks;
    private int tiles;

    /// Bytes of a block of a tile.
    static int blockBytes(int tokensOfTile) {
        return tokensOfTile * (Panels.BLOCK + Integer.BYTES + Float.BYTES);
    }

    /// Makes room for `[newTokens, columns]` in as few tiles of at most `most` tokens as will do,
    /// all of nearly the same size.
    void shape(int newTokens, int columns, int most) {
        tokens = newTokens;
        superblocks = Math.toIntExact(Panels.superblocks(columns));
        tiles = Math.ceilDiv(tokens, most);
        long bytes = 2L * superblocks * blockBytes(1) * tokens;
        if (memory.byteSize() < bytes) memory = Arena.ofAuto().allocate(bytes, LINE);
    }

    int tokens() {
        return tokens;
    }

    int superblocks() {
        return superblocks;
    }

    int tiles() {
        return tiles;
    }

    /// The first token of a tile; of the tile behind the last, the number of tokens.
    int first(int tile) {
        return (int) ((long) tile * tokens / tiles);
    }

    /// Address of a tile.
    long tile(int tile) {
        return memory.address() + 2L * superblocks * blockBytes(1) * first(tile);
    }

    /// Packs the tokens `[from, to)` of `rows`.
    void pack(QuantizedRows rows, int from, int to, PanelCode code, Panels layout) {
        for (int token = from; token < to; token++) {
            int tile = (int) (((long) (token + 1) * tiles - 1) / tokens);
            int first = first(tile);
            int size = first(tile + 1) - first;
            long block = tile(tile);
            for (int b = 0; b < 2 * superblocks; b++, block += blockBytes(size))
                packBlock(rows, token, b, block, token - first, size, code, layout);
        }
    }

    private static void packBlock(
            QuantizedRows rows,
            int token,
            int b,
            long block,
            int place,
            int size,
            PanelCode code,
            Panels layout) {
        int start = b * Panels.BLOCK;
        int end = Math.min(start + Panels.BLOCK, rows.columns());
        int row = token * rows.columns();
        long to = block + Panels.BLOCK * (long) place;
        int sum = 0;
        int k = start;
        for (; k + 4 <= end; k += 4, to += 4) {
            int c0 = (int) rows.codes()[row + k];
            int c1 = (int) rows.codes()[row + k + 1];
            int c2 = (int) rows.codes()[row + k + 2];
            int c3 = (int) rows.codes()[row + k + 3];
            sum += c0 + c1 + c2 + c3;
            int quad = (c0 & 0xff) | (c1 & 0xff) << 8 | (c2 & 0xff) << 16 | c3 << 24;
            Memory.ALL.set(INT, to, quad);
        }
        for (; k < start + Panels.BLOCK; k++, to++) {
            int c = k < end ? (int) rows.codes()[row + k] : 0;
            sum += c;
            Memory.ALL.set(ValueLayout.JAVA_BYTE, to, (byte) c);
        }
        long starts = block + Panels.BLOCK * (long) size + Integer.BYTES * (long) place;
        Memory.ALL.set(INT, starts, code.start(layout, sum));
        float scale = start < end ? rows.scales()[token * rows.blocks() + b] : 0;
        Memory.ALL.set(FLOAT, starts + Integer.BYTES * (long) size, scale);
    }
}

package chuan.kernel;

import chuan.quant.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// [QuantizedRows] as machine code reads them, off the heap: tokens in tiles, each tile one stream.
/// A tile of `T` tokens has, for each block of 32 columns, `T` x 32 codes, int8 or int16, `T` int32
/// start values ([StartValue]) and `T` fp32 scales; blocks are padded to whole superblocks with
/// zeros. [QuantizeCode] fills it.
final class PackedRows {
    private MemorySegment memory = MemorySegment.NULL;
    private int tokens;
    private int columns;
    private int superblocks;
    private int tiles;

    /// Bytes of a block of a tile.
    ///
    /// @param codeBytes 1 or, for [PanelForm#WORDS], 2
    static int blockBytes(int tokensOfTile, int codeBytes) {
        return tokensOfTile * (Panels.BLOCK * codeBytes + Integer.BYTES + Float.BYTES);
    }

    /// Makes room for `[newTokens, newColumns]` in as few tiles of at most `most` tokens as will
    /// do, all of nearly the same size.
    void shape(int newTokens, int newColumns, int most) {
        tokens = newTokens;
        columns = newColumns;
        superblocks = Math.toIntExact(Panels.superblocks(columns));
        tiles = tiles(tokens, most);
        long bytes = 2L * superblocks * blockBytes(1, Short.BYTES) * tokens;
        if (memory.byteSize() < bytes) memory = Arena.ofAuto().allocate(bytes, Panels.LINE);
    }

    /// In how few tiles of at most `most` so many tokens go.
    static int tiles(int tokens, int most) {
        return Math.ceilDiv(tokens, most);
    }

    int tokens() {
        return tokens;
    }

    int columns() {
        return columns;
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

    /// The tile of a token.
    int tileOf(int token) {
        return (int) (((long) (token + 1) * tiles - 1) / tokens);
    }

    /// Address of a tile.
    long tile(int tile, int codeBytes) {
        return memory.address() + 2L * superblocks * blockBytes(1, codeBytes) * first(tile);
    }
}

package chuan.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Activations of a step, `[tokens, columns]` in fp32, as machine code reads them when there are
/// many: off the heap, in tiles of nearly the same number of tokens, the larger ones first. A tile
/// is one stream: sixteen columns of each of its tokens, then the next sixteen. [Kernels#prepare]
/// makes room, [Kernels#arrange] fills it, any part of the tokens at a time, and the same kernels
/// read it. Used again and again; grows, never shrinks.
public final class TiledRows {
    private static final long ALIGNMENT = 64;

    private MemorySegment memory = MemorySegment.NULL;
    private int tokens;
    private int columns;
    private int tiles;
    private int larger;

    /// Makes room for so many, in as few tiles of at most `most` tokens as will do.
    void shape(int newTokens, int newColumns, int most) {
        tokens = newTokens;
        columns = newColumns;
        tiles = Math.ceilDiv(tokens, most);
        larger = tokens - tiles * (size() - 1);
        long bytes = Math.multiplyExact((long) Float.BYTES * tokens, (long) columns);
        if (memory.byteSize() < bytes) memory = Arena.ofAuto().allocate(bytes, ALIGNMENT);
    }

    int tokens() {
        return tokens;
    }

    int columns() {
        return columns;
    }

    int tiles() {
        return tiles;
    }

    /// Tokens of the larger tiles; the others have one less.
    int size() {
        return Math.ceilDiv(tokens, tiles);
    }

    /// How many tiles are the larger ones.
    int larger() {
        return larger;
    }

    int size(int tile) {
        return tile < larger ? size() : size() - 1;
    }

    /// The first token of a tile; of the tile behind the last, the number of tokens.
    int first(int tile) {
        return tile * (size() - 1) + Math.min(tile, larger);
    }

    /// The tile of a token.
    int tileOf(int token) {
        int inLarger = larger * size();
        return token < inLarger ? token / size() : larger + (token - inLarger) / (size() - 1);
    }

    /// Address of the first token of a tile.
    long tile(int tile) {
        return memory.address() + (long) Float.BYTES * columns * first(tile);
    }
}

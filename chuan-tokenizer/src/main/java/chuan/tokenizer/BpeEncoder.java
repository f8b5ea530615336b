package chuan.tokenizer;

/// Turns text into ids with scratch memory and a cache of its own. One thread at a time.
///
/// The text is normalised, user-defined symbols are cut out, and the rest is cut wherever two
/// neighbouring characters are side by side in no piece: no merge crosses such a place, so merging
/// the chunks alone gives the same pieces as merging the whole. Most chunks are words, and found in
/// the cache.
final class BpeEncoder {
    private static final int KEEP_BYTES = 1 << 20;

    /// In place of a character that bytes do not form; never joins, never has a symbol.
    private static final int INVALID = Character.MAX_CODE_POINT + 1;

    private final BpeTables tables;
    private final Merger merger;

    /// Unknown pieces run together across chunks, and UNUSED ones remember: no cache for these.
    private final boolean mayCache;

    private final ChunkCache cache = new ChunkCache();
    private ByteBuilder text = new ByteBuilder(1024);
    private ByteBuilder normal = new ByteBuilder(1024);

    BpeEncoder(BpeTables tables) {
        this.tables = tables;
        merger = new Merger(tables);
        mayCache = !tables.hasUnused && tables.byteIds.length == 256;
    }

    /// Appends the ids of `input[from, to)` to `out`.
    void encode(
            CharSequence input,
            int from,
            int to,
            TextNormalizer normalizer,
            ByteTrie userSymbols,
            IntBuilder out) {
        text.size = 0;
        Utf8.append(input, from, to, text);
        normal.size = 0;
        normalizer.normalize(text.data, 0, text.size, normal);
        normal.reserve(ChunkCache.SLACK);
        encodeNormal(normal.data, normal.size, userSymbols, out);
        if (text.data.length > KEEP_BYTES || normal.data.length > KEEP_BYTES) {
            text = new ByteBuilder(1024);
            normal = new ByteBuilder(1024);
        }
    }

    private void encodeNormal(byte[] data, int size, ByteTrie userSymbols, IntBuilder out) {
        int chunk = 0;
        int characters = 0;
        int beforePrevious = -1;
        int previous = -1;
        int i = 0;
        while (i < size) {
            byte lead = data[i];
            if (userSymbols.startsWith(lead)) {
                int length = userSymbols.longestMatch(data, i, size);
                if (length > 0) {
                    encodeChunk(data, chunk, i, characters, beforePrevious, previous, out);
                    out.add(userSymbols.valueOf(data, i, i + length));
                    i += length;
                    chunk = i;
                    characters = 0;
                    continue;
                }
            }
            int length;
            int c;
            if (lead >= 0) {
                length = 1;
                c = lead;
            } else {
                int decoded = Utf8.decode(data, i, size);
                length = decoded >= 0 ? decoded & 7 : Math.min(size - i, Utf8.length(lead));
                c = decoded >= 0 ? decoded >> 3 : INVALID;
            }
            if (characters > 0 && !tables.mayJoin(previous, c)) {
                encodeChunk(data, chunk, i, characters, beforePrevious, previous, out);
                chunk = i;
                characters = 0;
            }
            beforePrevious = previous;
            previous = c;
            characters++;
            i += length;
        }
        encodeChunk(data, chunk, size, characters, beforePrevious, previous, out);
    }

    /// `beforeLast` and `last`: the chunk's last characters, so that short ones need no look-up.
    private void encodeChunk(
            byte[] data,
            int from,
            int to,
            int characters,
            int beforeLast,
            int last,
            IntBuilder out) {
        if (characters == 0) {
            return;
        }
        if (characters == 1) {
            int symbol = tables.symbolOf(last);
            if (symbol >= 0 && tables.outputId[symbol] != tables.unknownId) {
                out.add(tables.outputId[symbol]);
                return;
            }
        } else if (characters == 2 && !tables.hasUnused) {
            int piece = tables.merge(tables.symbolOf(beforeLast), tables.symbolOf(last));
            if (piece >= 0) {
                out.add(tables.outputId[piece]);
                return;
            }
        }
        int length = to - from;
        boolean cached = length <= ChunkCache.MAXIMUM_BYTES && characters > 2 && mayCache;
        if (cached && cache.find(data, from, length, out)) {
            return;
        }
        int start = out.size;
        merger.encode(data, from, to, out);
        if (cached) {
            cache.put(data, from, length, out.data, start, out.size - start);
        }
    }
}

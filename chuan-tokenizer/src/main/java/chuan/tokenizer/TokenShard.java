package chuan.tokenizer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Token ids of many documents in one file, mapped into memory. Written by [TokenShardWriter].
///
/// Layout, little-endian:
///
/// | bytes | what |
/// | --- | --- |
/// | 0 | magic `CHUANTOK` |
/// | 8 | version, u32 = 1 |
/// | 12 | bytes per id, u32: 2 or 4 |
/// | 16 | vocabulary size, u32; every id is smaller |
/// | 20 | zero, u32 |
/// | 24 | fingerprint of the tokenizer, u64 ([Tokenizer#fingerprint]) |
/// | 32 | tokens, u64 |
/// | 40 | documents, u64 |
/// | 48 | where the document table starts, u64 |
/// | 56 | UTF-8 bytes of the text that the ids stand for, u64; 0 if the writer did not say |
/// | 64 | the ids, one after another, padded with zeros to a multiple of 8 |
/// | table | documents + 1 u64: index of each document's first token, then the number of tokens |
///
/// Any thread may read; the file stays mapped until [#close].
public final class TokenShard implements AutoCloseable {
    static final long MAGIC = 0x4B4F544E41554843L; // "CHUANTOK"
    static final int VERSION = 1;
    static final int HEADER_BYTES = 64;
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final MemorySegment ids;
    private final MemorySegment table;
    private final int idBytes;
    private final int vocabularySize;
    private final long fingerprint;
    private final long tokens;
    private final long documents;
    private final long textBytes;

    private TokenShard(String file, Arena arena, MemorySegment data) {
        this.arena = arena;
        long size = data.byteSize();
        if (size < HEADER_BYTES || data.get(LONG, 0) != MAGIC) {
            throw new MalformedTokenizerException(file, 0, "not a token shard");
        }
        require(file, 8, data.get(INT, 8) == VERSION, "version is not " + VERSION);
        idBytes = data.get(INT, 12);
        require(file, 12, idBytes == 2 || idBytes == 4, idBytes + " bytes per id; 2 or 4");
        vocabularySize = data.get(INT, 16);
        require(file, 16, vocabularySize > 0, "vocabulary size " + vocabularySize);
        fingerprint = data.get(LONG, 24);
        tokens = data.get(LONG, 32);
        documents = data.get(LONG, 40);
        long tableAt = data.get(LONG, 48);
        textBytes = data.get(LONG, 56);
        require(file, 56, textBytes >= 0, textBytes + " bytes of text");
        long limit = size / 2;
        require(file, 32, tokens >= 0 && tokens <= limit, tokens + " tokens do not fit the file");
        require(
                file,
                40,
                documents >= 0 && documents <= limit,
                documents + " documents do not fit the file");
        require(file, 48, tableAt == tableOffset(tokens, idBytes), "the table is elsewhere");
        long wanted = tableAt + (documents + 1) * Long.BYTES;
        require(
                file,
                size,
                size == wanted,
                "file is " + size + " bytes, should be " + wanted + " (cut off?)");
        ids = data.asSlice(HEADER_BYTES, tokens * idBytes);
        table = data.asSlice(tableAt);
        checkTable(file, tableAt);
    }

    private void checkTable(String file, long tableAt) {
        long previous = 0;
        for (long d = 0; d <= documents; d++) {
            long start = documentStart(d);
            boolean right = d == 0 ? start == 0 : start >= previous && start <= tokens;
            require(
                    file,
                    tableAt + d * Long.BYTES,
                    right,
                    "document " + d + " starts at token " + start + " out of order");
            previous = start;
        }
        require(
                file,
                tableAt + documents * Long.BYTES,
                previous == tokens,
                "the documents end at token " + previous + " of " + tokens);
    }

    private static void require(String file, long offset, boolean right, String problem) {
        if (!right) {
            throw new MalformedTokenizerException(file, offset, problem);
        }
    }

    static long tableOffset(long tokens, int idBytes) {
        return HEADER_BYTES + (tokens * idBytes + 7 & ~7L);
    }

    /// Maps a shard and checks its header and document table.
    ///
    /// @throws MalformedTokenizerException if it is none, or cut off
    public static TokenShard open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment data =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new TokenShard(file.toString(), arena, data);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public long tokens() {
        return tokens;
    }

    public long documents() {
        return documents;
    }

    /// UTF-8 bytes of the text that the ids stand for, 0 if unknown: what bits per byte divide by.
    public long textBytes() {
        return textBytes;
    }

    public int vocabularySize() {
        return vocabularySize;
    }

    /// [Tokenizer#fingerprint] of the tokenizer that made the ids.
    public long fingerprint() {
        return fingerprint;
    }

    /// Index of the first token of document `d`; `d` = [#documents] gives the number of tokens.
    public long documentStart(long d) {
        return table.get(LONG, d * Long.BYTES);
    }

    /// The document that token `index` belongs to.
    public long documentAt(long index) {
        if (index < 0 || index >= tokens) {
            throw new IndexOutOfBoundsException("token " + index + " of " + tokens);
        }
        long low = 0;
        long high = documents - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (documentStart(middle) <= index) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /// Token at `index`.
    public int token(long index) {
        return idBytes == 2 ? ids.get(SHORT, index * 2) & 0xffff : ids.get(INT, index * 4);
    }

    /// Copies `count` tokens from `start` to `into[offset...]`.
    public void copy(long start, int count, int[] into, int offset) {
        for (int i = 0; i < count; i++) {
            into[offset + i] = token(start + i);
        }
    }

    /// Fills one packed training window: `window.length` tokens from `start`, whatever documents
    /// they belong to, and for each the document's place in the window (0, 1, ...). Attention that
    /// stays among equal numbers never looks into another document.
    public void window(long start, int[] window, int[] documentInWindow) {
        copy(start, window.length, window, 0);
        long document = documentAt(start);
        long end = documentStart(document + 1);
        int number = 0;
        for (int i = 0; i < window.length; i++) {
            if (start + i >= end) {
                number++;
                do {
                    end = documentStart(++document + 1);
                } while (start + i >= end); // empty documents
            }
            documentInWindow[i] = number;
        }
    }

    /// Unmaps the file; reading afterwards throws.
    @Override
    public void close() {
        arena.close();
    }
}

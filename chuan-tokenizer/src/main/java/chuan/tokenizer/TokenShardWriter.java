package chuan.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// Writes a [TokenShard] document by document. The file appears under its name only when [#finish]
/// has put everything on disk; closing before that leaves nothing behind. One thread at a time.
public final class TokenShardWriter implements AutoCloseable {
    private final Path file;
    private final Path temporary;
    private final FileChannel channel;
    private final int vocabularySize;
    private final long fingerprint;
    private final int idBytes;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private long tokens;
    private long textBytes;
    private long[] starts = new long[1024];
    private int documents;

    private TokenShardWriter(Path file, int vocabularySize, long fingerprint) throws IOException {
        this.file = file;
        this.vocabularySize = vocabularySize;
        this.fingerprint = fingerprint;
        idBytes = vocabularySize <= 1 << 16 ? 2 : 4;
        temporary = AtomicFiles.temporaryFor(file);
        channel =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
        channel.position(TokenShard.HEADER_BYTES);
    }

    /// Starts a shard for ids of this tokenizer.
    public static TokenShardWriter create(Path file, Tokenizer tokenizer) throws IOException {
        return create(file, tokenizer.vocabSize(), tokenizer.fingerprint());
    }

    /// Starts a shard for ids below `vocabularySize`.
    public static TokenShardWriter create(Path file, int vocabularySize, long fingerprint)
            throws IOException {
        if (vocabularySize <= 0) {
            throw new IllegalArgumentException("vocabularySize: " + vocabularySize);
        }
        return new TokenShardWriter(file, vocabularySize, fingerprint);
    }

    /// Appends one document, its end token included if there shall be one.
    public void document(int... ids) throws IOException {
        document(ids, 0, ids.length);
    }

    /// Appends `ids[from, to)` as one document.
    ///
    /// @throws IllegalArgumentException if an id is outside the vocabulary; nothing is appended
    ///   then
    public void document(int[] ids, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            if (ids[i] < 0 || ids[i] >= vocabularySize) {
                throw new IllegalArgumentException(
                        "id " + ids[i] + " is outside the vocabulary of " + vocabularySize);
            }
        }
        if (documents + 1 == starts.length) {
            starts = Arrays.copyOf(starts, IntBuilder.grown(documents, 2));
        }
        for (int i = from; i < to; i++) {
            if (buffer.remaining() < Integer.BYTES) {
                flush();
            }
            if (idBytes == 2) {
                buffer.putShort((short) ids[i]);
            } else {
                buffer.putInt(ids[i]);
            }
        }
        tokens += to - from;
        starts[++documents] = tokens;
    }

    /// Says how many UTF-8 bytes of text documents stand for that were or will be appended.
    public void addTextBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes: " + bytes);
        }
        textBytes = Math.addExact(textBytes, bytes);
    }

    public long tokens() {
        return tokens;
    }

    public long documents() {
        return documents;
    }

    /// Completes the shard: table, header, to disk, then the rename.
    public void finish() throws IOException {
        flush();
        channel.position(TokenShard.tableOffset(tokens, idBytes));
        for (int d = 0; d <= documents; d++) {
            if (buffer.remaining() < Long.BYTES) {
                flush();
            }
            buffer.putLong(starts[d]);
        }
        flush();
        buffer.putLong(TokenShard.MAGIC);
        buffer.putInt(TokenShard.VERSION).putInt(idBytes).putInt(vocabularySize).putInt(0);
        buffer.putLong(fingerprint).putLong(tokens).putLong(documents);
        buffer.putLong(TokenShard.tableOffset(tokens, idBytes)).putLong(textBytes);
        buffer.flip();
        channel.position(0);
        writeAll();
        channel.force(true);
        channel.close();
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void flush() throws IOException {
        buffer.flip();
        writeAll();
    }

    private void writeAll() throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /// Gives up an unfinished shard; does nothing after [#finish].
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(temporary);
    }
}

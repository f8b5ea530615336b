package chuan.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// Writes tensors to a file through one buffer, in pieces of whole units. One thread.
final class TensorStream implements AutoCloseable {
    private static final long BUFFER = 8 << 20;

    private final FileChannel out;
    private final WriteProgress progress;
    private Arena arena = Arena.ofShared();
    private MemorySegment buffer = arena.allocate(BUFFER, 64);
    private long written;

    TensorStream(FileChannel out, WriteProgress progress) {
        this.out = out;
        this.progress = progress;
    }

    /// Asks for the bytes of `tensor` and writes them.
    void write(TensorSource tensor) throws IOException {
        long bytes = tensor.byteCount();
        long unit = tensor.unit();
        if (unit > buffer.byteSize()) grow(unit);
        long step = unit == 0 ? bytes : buffer.byteSize() / unit * unit;
        for (long from = 0; from < bytes; from += step) {
            var piece = buffer.asSlice(0, Math.min(step, bytes - from));
            tensor.bytes().read(from, piece);
            writeFully(out, piece.asByteBuffer());
            written += piece.byteSize();
            progress.wrote(written);
        }
    }

    private void grow(long bytes) {
        arena.close();
        arena = Arena.ofShared();
        buffer = arena.allocate(bytes, 64);
    }

    static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) out.write(bytes);
    }

    @Override
    public void close() {
        arena.close();
    }
}

package chuan.files;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Writes safetensors files from several threads: each makes a piece of a tensor and writes it
/// where it belongs, so making and writing go on side by side. For tensors whose pieces can be made
/// in any order, and for files that nobody reads before all is done.
final class ParallelWriter implements AutoCloseable {
    /// A multiple of every element's size.
    private static final int PIECE = 4 << 20;

    private static final long LOOK_MILLIS = 200;

    /// Bytes `[from, from + bytes)` of a tensor, which belong at `position` of a file.
    private record Piece(
            FileChannel file, long position, TensorSource tensor, long from, int bytes) {}

    private final List<FileChannel> files = new ArrayList<>();
    private final List<Piece> pieces = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicLong written = new AtomicLong();
    private volatile boolean stopped;

    private ParallelWriter() {}

    /// @param progress hears of all files together, on the calling thread; what it throws ends the
    ///   writing
    static void write(
            List<SafetensorsWriter.Shard> shards,
            Map<String, String> metadata,
            int threads,
            WriteProgress progress)
            throws IOException {
        try (var writer = new ParallelWriter()) {
            for (var shard : shards) writer.begin(shard, metadata);
            writer.run(threads, progress);
            for (var file : writer.files) file.force(true);
        }
    }

    private void begin(SafetensorsWriter.Shard shard, Map<String, String> metadata)
            throws IOException {
        var file =
                FileChannel.open(
                        shard.file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        files.add(file);
        byte[] header = SafetensorsWriter.header(metadata, shard.tensors());
        var prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        writeFully(file, prefix.putLong(header.length).flip(), 0);
        writeFully(file, ByteBuffer.wrap(header), Long.BYTES);
        long at = (long) Long.BYTES + header.length;
        for (TensorSource tensor : shard.tensors()) {
            long bytes = tensor.byteCount();
            for (long from = 0; from < bytes; from += PIECE)
                pieces.add(
                        new Piece(
                                file,
                                at + from,
                                tensor,
                                from,
                                (int) Math.min(PIECE, bytes - from)));
            at += bytes;
        }
    }

    private void run(int threads, WriteProgress progress) throws IOException {
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            var workers = new ArrayList<Future<?>>();
            for (int i = 0; i < threads; i++)
                workers.add(
                        executor.submit(() -> {
                            work();
                            return null;
                        }));
            for (Future<?> worker : workers) await(worker, progress);
        }
    }

    /// Waits for one thread; a failure stops the others too.
    private void await(Future<?> worker, WriteProgress progress) throws IOException {
        boolean done = false;
        try {
            while (!done) {
                try {
                    worker.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    done = true;
                } catch (TimeoutException _) {
                    progress.wrote(written.get());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) throw cause;
            throw new IOException(e.getCause());
        } finally {
            if (!done) stopped = true;
        }
    }

    private void work() throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(PIECE, Long.BYTES);
            for (int i = next.getAndIncrement();
                    i < pieces.size() && !stopped;
                    i = next.getAndIncrement()) {
                var piece = pieces.get(i);
                var bytes = buffer.asSlice(0, piece.bytes);
                piece.tensor.bytes().read(piece.from, bytes);
                writeFully(piece.file, bytes.asByteBuffer(), piece.position);
                written.addAndGet(piece.bytes);
            }
        }
    }

    private static void writeFully(FileChannel file, ByteBuffer bytes, long position)
            throws IOException {
        for (long at = position; bytes.hasRemaining(); ) at += file.write(bytes, at);
    }

    @Override
    public void close() throws IOException {
        for (var file : files) file.close();
    }
}

package chuan.files;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/// Threads that fill the pieces of a tensor together: for sources that compute their bytes. Owns
/// its threads until closed.
public final class ParallelReads implements AutoCloseable {
    /// Handed out at once: milliseconds of work.
    private static final long CHUNK = 256 << 10;

    private final int threads;
    private final ExecutorService helpers;

    /// @param threads the caller's included
    public ParallelReads(int threads) {
        if (threads < 1) throw new IllegalArgumentException(threads + " threads");
        this.threads = threads;
        helpers =
                Executors.newFixedThreadPool(
                        Math.max(1, threads - 1),
                        Thread.ofPlatform().daemon().name("convert-", 1).factory());
    }

    /// The same tensor, read by all threads.
    ///
    /// @param source whose bytes any thread may ask for in any order
    public TensorSource spread(TensorSource source) {
        return threads == 1
                ? source
                : new TensorSource(
                        source.name(),
                        source.dtype(),
                        source.shape(),
                        (from, out) -> read(source, from, out));
    }

    private void read(TensorSource source, long from, MemorySegment out) {
        long chunk = Math.max(1, CHUNK / source.unit()) * source.unit();
        if (out.byteSize() <= chunk) {
            source.bytes().read(from, out);
            return;
        }
        var next = new AtomicLong();
        Runnable work =
                () -> {
                    for (long at = next.getAndAdd(chunk);
                            at < out.byteSize();
                            at = next.getAndAdd(chunk)) {
                        long size = Math.min(chunk, out.byteSize() - at);
                        source.bytes().read(from + at, out.asSlice(at, size));
                    }
                };
        var running = new ArrayList<Future<?>>();
        for (int i = 1; i < threads; i++) running.add(helpers.submit(work));
        try {
            work.run();
        } finally {
            next.set(out.byteSize());
            for (Future<?> helper : running) join(helper);
        }
    }

    /// The buffer belongs to all threads until the last one is done, whatever happens.
    private static void join(Future<?> helper) {
        boolean interrupted = false;
        while (true) {
            try {
                helper.get();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) throw cause;
                throw new IllegalStateException(e.getCause());
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    @Override
    public void close() {
        helpers.shutdownNow();
    }
}

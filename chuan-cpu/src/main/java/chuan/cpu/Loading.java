package chuan.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Weights on their way into memory: pieces of work in the order in which a step needs them, done
/// by threads of its own while the first step already runs behind them. A file is read as a stream,
/// once.
///
/// A *stage* is a layer, or what comes after the last. Whoever needs the weights of a stage waits
/// for it; what went wrong with any piece is thrown there.
final class Loading implements AutoCloseable {
    /// Nothing to wait for.
    static final Loading NONE = new Loading(0);

    private record Piece(int stage, long bytes, Runnable work) {}

    private final List<Piece> pieces = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final FirstUse firstUse = new FirstUse();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger[] left;
    private final CountDownLatch[] stages;
    private LoadProgress progress = LoadProgress.NONE;
    private long total;
    private long loaded;

    private volatile @Nullable Throwable failure;
    private volatile boolean stopped;

    /// Whether nobody needs to wait any more.
    private volatile boolean done;

    /// @param layers of the model
    Loading(int layers) {
        left = new AtomicInteger[layers + 1];
        stages = new CountDownLatch[layers + 1];
        for (int i = 0; i <= layers; i++) {
            left[i] = new AtomicInteger();
            stages[i] = new CountDownLatch(1);
        }
        done = layers == 0;
    }

    /// The stage after the last layer.
    int last() {
        return stages.length - 1;
    }

    /// The weights that nobody searches here.
    FirstUse firstUse() {
        return firstUse;
    }

    /// Adds work, before [#start].
    ///
    /// @param bytes it counts, for the progress
    void add(int stage, long bytes, Runnable work) {
        pieces.add(new Piece(stage, bytes, work));
        total += bytes;
    }

    /// Of all pieces.
    long totalBytes() {
        return total;
    }

    /// Begins.
    void start(int threadCount, LoadProgress watcher) {
        progress = watcher;
        pieces.sort(Comparator.comparingInt(Piece::stage));
        for (Piece piece : pieces) left[piece.stage].getAndIncrement();
        for (int i = 0; i < stages.length; i++) if (left[i].get() == 0) stages[i].countDown();
        if (pieces.isEmpty()) {
            done = true;
            return;
        }
        for (int i = 0; i < Math.min(threadCount, pieces.size()); i++)
            threads.add(
                    Thread.ofPlatform().daemon().name("chuan-load-" + i).start(this::takePieces));
    }

    private void takePieces() {
        for (int i = next.getAndIncrement();
                i < pieces.size() && !stopped && failure == null;
                i = next.getAndIncrement()) {
            var piece = pieces.get(i);
            try {
                piece.work.run();
            } catch (Throwable t) {
                fail(t);
                return;
            }
            report(piece.bytes);
            if (left[piece.stage].decrementAndGet() == 0) stages[piece.stage].countDown();
        }
    }

    private synchronized void report(long bytes) {
        loaded += bytes;
        if (failure == null && !stopped) progress.loaded(loaded, total);
    }

    private synchronized void fail(Throwable t) {
        if (failure != null) return;
        failure = t;
        progress.loaded(total, total);
        for (CountDownLatch stage : stages) stage.countDown();
    }

    /// Returns when the weights of `stage` are there.
    void await(int stage) {
        if (done) return;
        boolean interrupted = false;
        while (true) {
            try {
                stages[stage].await();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        var thrown = failure;
        if (thrown instanceof RuntimeException e) throw e;
        if (thrown instanceof Error e) throw e;
        if (thrown != null) throw new IllegalStateException(thrown);
    }

    /// Returns when all weights are there.
    void awaitAll() {
        if (done) return;
        for (int i = 0; i < stages.length; i++) await(i);
        join();
        pieces.clear();
        done = true;
    }

    private void join() {
        boolean interrupted = false;
        for (Thread thread : threads)
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /// Ends the threads and waits for them.
    @Override
    public void close() {
        if (done) return;
        synchronized (this) {
            stopped = true;
            progress.loaded(total, total);
        }
        join();
    }
}

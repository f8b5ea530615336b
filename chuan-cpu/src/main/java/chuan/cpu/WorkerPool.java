package chuan.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Persistent threads that share the pieces of one job after another.
///
/// The caller works too and takes pieces like everyone else, from one counter; it waits only for
/// workers that have begun a piece. So a worker that the operating system does not let run costs
/// nothing but its help. Workers watch for the next job for some tens of microseconds, then sleep;
/// an idle pool uses no processor. Starting a job allocates nothing.
///
/// One job at a time, from one thread at a time.
public final class WorkerPool implements AutoCloseable {

    /// A job that can be cut into pieces.
    public interface Job {
        /// Does the pieces `[from, to)`.
        ///
        /// @param worker index of the calling thread, 0 is the caller of [#run]
        void run(int worker, int from, int to);
    }

    /// How long a worker looks out for work before it sleeps.
    private static final long WATCH_NANOS = 100_000;

    /// Rounds of watching between two looks at the clock.
    private static final int SPINS = 64;

    private static final long OPEN = 1L << 31;
    private static final int NUMBER_SHIFT = 32;

    private final Thread[] threads;

    /// Bits 32..63: number of the job; bit 31: it accepts workers; below: workers inside.
    private final AtomicLong gate = new AtomicLong();

    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger asleep = new AtomicInteger();
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;

    /// Written before the gate opens, read by those who came through it.
    private Job job = (_, _, _) -> {};

    private int pieces;
    private int chunk;

    /// @param threads that work on a job, the caller included
    public WorkerPool(int threads) {
        if (threads < 1)
            throw new IllegalArgumentException("at least one thread must work, not " + threads);
        this.threads = new Thread[threads - 1];
        for (int i = 1; i < threads; i++) {
            int worker = i;
            this.threads[i - 1] =
                    Thread.ofPlatform()
                            .daemon()
                            .name("chuan-worker-" + worker)
                            .start(() -> work(worker));
        }
    }

    /// Threads that work on a job, the caller included.
    public int threads() {
        return threads.length + 1;
    }

    /// The workers, without the caller.
    Thread[] workers() {
        return threads.clone();
    }

    /// Does pieces `[0, pieces)` of `job`, handed out at most `chunk` at a time. Returns when all
    /// are done; what a piece throws is thrown here, after the others have stopped.
    public void run(int pieces, int chunk, Job job) {
        if (closed) throw new IllegalStateException("the worker pool is closed");
        if (threads.length == 0 || pieces <= chunk) {
            job.run(0, 0, pieces);
            return;
        }
        this.job = job;
        this.pieces = pieces;
        this.chunk = chunk;
        next.set(0);
        long number = (gate.get() >>> NUMBER_SHIFT) + 1;
        gate.set(number << NUMBER_SHIFT | OPEN);
        if (asleep.get() > 0) for (Thread thread : threads) LockSupport.unpark(thread);
        takePieces(0);
        close(number);
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            rethrow(thrown);
        }
    }

    /// Lets nobody in any more and waits for those inside.
    private void close(long number) {
        long idle = number << NUMBER_SHIFT;
        for (long state = gate.get(); !gate.compareAndSet(state, state & ~OPEN); )
            state = gate.get();
        for (int spins = 0; gate.get() != idle; spins++) {
            if (spins < SPINS * SPINS) Thread.onSpinWait();
            else Thread.yield();
        }
    }

    /// Takes pieces as long as there are any: `chunk` at a time, and towards the end a fair share
    /// of those that are left, so that all are done at nearly the same time and neighbours are
    /// mostly one thread's: what two write side by side, they have to pass to and fro.
    private void takePieces(int worker) {
        int workers = threads.length + 1;
        try {
            for (int from = next.get(); from < pieces; from = next.get()) {
                int size = Math.clamp((pieces - from) / workers, 1, chunk);
                if (next.compareAndSet(from, from + size)) job.run(worker, from, from + size);
            }
        } catch (Throwable t) {
            failure = t;
            next.set(pieces);
        }
    }

    private void work(int worker) {
        long done = 0;
        while (!closed) {
            long state = gate.get();
            long number = state >>> NUMBER_SHIFT;
            if (number == done || (state & OPEN) == 0) {
                await(done);
            } else if (gate.compareAndSet(state, state + 1)) {
                takePieces(worker);
                gate.getAndDecrement();
                done = number;
            }
        }
    }

    private boolean hasWork(long done) {
        long state = gate.get();
        return ((state & OPEN) != 0 && state >>> NUMBER_SHIFT != done) || closed;
    }

    private void await(long done) {
        long start = System.nanoTime();
        do {
            for (int i = 0; i < SPINS; i++) {
                if (hasWork(done)) return;
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < WATCH_NANOS);
        asleep.getAndIncrement();
        while (!hasWork(done)) LockSupport.park(this);
        asleep.getAndDecrement();
    }

    private static void rethrow(Throwable thrown) {
        if (thrown instanceof RuntimeException e) throw e;
        if (thrown instanceof Error e) throw e;
        throw new IllegalStateException(thrown);
    }

    /// Ends the threads and waits for them.
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}

package chuan.eval.endpoint;

import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.Examinee.Listener;
import chuan.eval.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Some asks, answered by several threads that share them. Replies are handed over by the thread
/// that runs it: the others are interrupted when it ends early, and whoever writes a file must not
/// be. Used once.
final class Round {
    private static final long MOMENT_MILLIS = 50;

    /// With so many times the number of threads of failures in a row the endpoint is gone.
    private static final int HOPELESS = 3;

    private sealed interface Came {}

    private record Answered(int ask, Reply reply, double seconds) implements Came {}

    private record Broken(RuntimeException why) implements Came {}

    private final Asking asking;
    private final List<Ask> asks;
    private final Listener listener;
    private final int threads;
    private final AtomicInteger next = new AtomicInteger();
    private final BlockingQueue<Came> came = new LinkedBlockingQueue<>();
    private int failuresInRow;

    Round(Asking asking, List<Ask> asks, Listener listener, int threads) {
        this.asking = asking;
        this.asks = asks;
        this.listener = listener;
        this.threads = Math.min(threads, asks.size());
    }

    /// @throws CancellationException after a cancellation
    /// @throws ExaminationException if it makes no sense to go on
    void run(Cancellation cancellation) {
        var workers = new ArrayList<Thread>();
        RuntimeException end = null;
        try {
            for (int i = 0; i < threads; i++)
                workers.add(Thread.ofVirtual().name("endpoint-" + i).start(this::work));
            for (int told = 0; told < asks.size() && end == null; ) {
                if (cancellation.isCancelled()) throw new CancellationException();
                var one = came.poll(MOMENT_MILLIS, TimeUnit.MILLISECONDS);
                if (one == null) continue;
                end = tell(one);
                told++;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            end = new CancellationException();
        } catch (CancellationException e) {
            end = e;
        } finally {
            stop(workers);
        }
        if (end == null) return;
        // what came meanwhile is kept
        for (Came one; (one = came.poll()) != null; ) if (one instanceof Answered) tell(one);
        throw end;
    }

    /// @return why there is no going on
    private @Nullable RuntimeException tell(Came one) {
        return switch (one) {
            case Broken(var why) -> why;
            case Answered(int ask, var reply, double seconds) -> {
                listener.reply(ask, reply, seconds);
                yield reply instanceof Reply.Failure(String why) ? failed(why) : succeeded();
            }
        };
    }

    private @Nullable RuntimeException succeeded() {
        failuresInRow = 0;
        return null;
    }

    private @Nullable RuntimeException failed(String why) {
        if (++failuresInRow < Math.max(2, threads) * HOPELESS) return null;
        return new ExaminationException(
                "the endpoint has not answered the last %d questions: %s; the same command goes on"
                                .formatted(failuresInRow, why)
                        + " where this ends");
    }

    private static void stop(List<Thread> workers) {
        for (var worker : workers) worker.interrupt();
        boolean interrupted = false;
        for (var worker : workers)
            while (worker.isAlive())
                try {
                    worker.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private void work() {
        try {
            for (int i; (i = next.getAndIncrement()) < asks.size(); ) {
                long begin = System.nanoTime();
                var reply = asking.answer(asks.get(i));
                came.add(new Answered(i, reply, (System.nanoTime() - begin) * 1e-9));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // stopped
        } catch (RuntimeException e) {
            came.add(new Broken(e));
        }
    }
}

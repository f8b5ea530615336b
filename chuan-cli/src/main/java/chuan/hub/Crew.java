package chuan.hub;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Threads that do jobs side by side; the first failure ends all.
final class Crew implements AutoCloseable {
    private static final long TICK_MILLIS = 200;
    private static final long PATIENCE_SECONDS = 10;

    private final ExecutorService threads;

    Crew(int size) {
        this.threads =
                Executors.newFixedThreadPool(
                        size, Thread.ofPlatform().daemon().name("pull-", 1).factory());
    }

    /// Called by the waiting thread a few times a second.
    interface Tick {
        void run() throws IOException;
    }

    /// Results in the order of the jobs.
    <T> List<T> run(List<Callable<T>> jobs, Tick tick) throws IOException, InterruptedException {
        var service = new ExecutorCompletionService<T>(threads);
        var futures = new ArrayList<Future<T>>();
        for (var job : jobs) futures.add(service.submit(job));
        var results = new ArrayList<T>();
        for (int done = 0; done < jobs.size(); ) {
            var future = service.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
            tick.run();
            if (future == null) continue;
            result(future);
            done++;
        }
        for (var future : futures) results.add(result(future));
        return results;
    }

    private static <T> T result(Future<T> future) throws IOException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException fault -> throw fault;
                case InterruptedException _ -> throw new InterruptedException();
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    /// Files are closed when this returns.
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            var _ = threads.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

package chuan.corpus;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/// Maps on several threads and hands the results on in the order of the input, so that the number
/// of threads changes nothing but the time. At most a fixed number of items is in flight.
final class Parallel {
    private static final int IN_FLIGHT_PER_THREAD = 64;

    private Parallel() {}

    /// `work` runs on any thread, `sink` on the caller's only. The first exception of either ends
    /// it.
    static <T, R> void ordered(
            Iterator<T> items, int threads, Function<T, R> work, Consumer<R> sink) {
        try (var executor = Executors.newFixedThreadPool(threads)) {
            ArrayDeque<Future<R>> pending = new ArrayDeque<>();
            try {
                while (items.hasNext() || !pending.isEmpty()) {
                    while (items.hasNext() && pending.size() < threads * IN_FLIGHT_PER_THREAD) {
                        T item = items.next();
                        pending.add(executor.submit(() -> work.apply(item)));
                    }
                    sink.accept(pending.remove().get());
                }
            } catch (ExecutionException e) {
                executor.shutdownNow();
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                executor.shutdownNow();
                Thread.currentThread().interrupt();
                throw new CorpusException("interrupted", e);
            } catch (RuntimeException e) {
                executor.shutdownNow();
                throw e;
            }
        }
    }
}

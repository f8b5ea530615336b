package chuan.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Counts for [SchedulerStatistics]: written by the scheduler's thread, read by any.
final class Counters {
    final AtomicInteger queued = new AtomicInteger();
    final AtomicLong queuedTokens = new AtomicLong();
    final AtomicInteger running = new AtomicInteger();
    final AtomicInteger paused = new AtomicInteger();
    final AtomicLong accepted = new AtomicLong();
    final AtomicLong finished = new AtomicLong();
    final AtomicLong cancelled = new AtomicLong();
    final AtomicLong failed = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final AtomicLong promptTokens = new AtomicLong();
    final AtomicLong cachedTokens = new AtomicLong();
    final AtomicLong computedTokens = new AtomicLong();
    final AtomicLong generatedTokens = new AtomicLong();
    final AtomicLong draftedTokens = new AtomicLong();
    final AtomicLong acceptedTokens = new AtomicLong();
    final AtomicLong preemptions = new AtomicLong();
    final AtomicLong embeddedTokens = new AtomicLong();
    final AtomicLong steps = new AtomicLong();
    final AtomicLong stepNanos = new AtomicLong();
    final AtomicLong firstTokens = new AtomicLong();
    final AtomicLong firstTokenNanos = new AtomicLong();
    final AtomicLong kvUsedBytes = new AtomicLong();
    final AtomicInteger remembered = new AtomicInteger();

    SchedulerStatistics snapshot(long kvBytes) {
        return new SchedulerStatistics(
                queued.get(),
                running.get(),
                paused.get(),
                accepted.get(),
                finished.get(),
                cancelled.get(),
                failed.get(),
                refused.get(),
                promptTokens.get(),
                cachedTokens.get(),
                generatedTokens.get(),
                draftedTokens.get(),
                acceptedTokens.get(),
                preemptions.get(),
                embeddedTokens.get(),
                steps.get(),
                stepNanos.get() * 1e-9,
                firstTokens.get(),
                firstTokenNanos.get() * 1e-9,
                kvUsedBytes.get(),
                kvBytes,
                remembered.get());
    }
}

package chuan.engine;

import java.time.Duration;
import java.util.function.Consumer;

/// How a [Scheduler] shares a model.
///
/// @param kvBytes memory for keys and values, of running requests and of finished ones that are
///   remembered; 0 = room for the whole context eight times, but no more than 2 GB unless a single
///   one needs it
/// @param maxRunning requests that take part in a step
/// @param maxQueued requests that wait; further ones are refused
/// @param queueWait how long they may wait
/// @param stepTarget how long a step with parts of prompts may take while others are answered, if
///   the answers alone take less
/// @param slowReader how long an answer waits for a reader that has fallen behind
/// @param prefixCache finished requests are remembered, so that what begins alike is not computed
///   again
/// @param speculation whether tokens are drafted
public record SchedulerOptions(
        long kvBytes,
        int maxRunning,
        int maxQueued,
        Duration queueWait,
        Duration stepTarget,
        Duration slowReader,
        boolean prefixCache,
        Speculation speculation) {

    private static final long MOST_CONTEXTS = 8;

    private static final long USUAL_POOL = 2L << 30;

    /// More would make steps that nobody wants to wait for.
    private static final int MOST_RUNNING = 1024;

    public SchedulerOptions {
        if (kvBytes < 0)
            throw new InvalidRequestException("cache memory", "must not be negative: " + kvBytes);
        if (maxRunning < 1 || maxRunning > MOST_RUNNING)
            throw new InvalidRequestException(
                    "parallel", "must be between 1 and " + MOST_RUNNING + ", not " + maxRunning);
        if (maxQueued < 1)
            throw new InvalidRequestException("queue", "must be positive, not " + maxQueued);
        positive("queue wait", queueWait);
        positive("step target", stepTarget);
        positive("slow reader", slowReader);
    }

    private static void positive(String field, Duration value) {
        if (!value.isPositive())
            throw new InvalidRequestException(field, "must be positive, not " + value);
    }

    /// Memory for keys and values where those of one whole context take so much.
    public long poolBytes(long contextBytes) {
        if (kvBytes > 0) return kvBytes;
        return Math.max(contextBytes, Math.min(MOST_CONTEXTS * contextBytes, USUAL_POOL));
    }

    /// Rows of logits that a step may give: a token of each answer, and its draft.
    public long mostLogitRows() {
        return maxRunning * (speculation == Speculation.OFF ? 1L : 1L + StepPlanner.MOST_DRAFTS);
    }

    public static SchedulerOptions defaults() {
        return new SchedulerOptions(
                0,
                32,
                64,
                Duration.ofSeconds(120),
                Duration.ofMillis(100),
                Duration.ofSeconds(60),
                true,
                Speculation.AUTO);
    }

    public SchedulerOptions withKvBytes(long value) {
        return with(f -> f.kvBytes = value);
    }

    public SchedulerOptions withMaxRunning(int value) {
        return with(f -> f.maxRunning = value);
    }

    public SchedulerOptions withMaxQueued(int value) {
        return with(f -> f.maxQueued = value);
    }

    public SchedulerOptions withQueueWait(Duration value) {
        return with(f -> f.queueWait = value);
    }

    public SchedulerOptions withStepTarget(Duration value) {
        return with(f -> f.stepTarget = value);
    }

    public SchedulerOptions withSlowReader(Duration value) {
        return with(f -> f.slowReader = value);
    }

    public SchedulerOptions withPrefixCache(boolean value) {
        return with(f -> f.prefixCache = value);
    }

    public SchedulerOptions withSpeculation(Speculation value) {
        return with(f -> f.speculation = value);
    }

    private SchedulerOptions with(Consumer<Fields> change) {
        var fields = new Fields(this);
        change.accept(fields);
        return fields.options();
    }

    /// A copy that is being changed.
    private static final class Fields {
        long kvBytes;
        int maxRunning;
        int maxQueued;
        Duration queueWait;
        Duration stepTarget;
        Duration slowReader;
        boolean prefixCache;
        Speculation speculation;

        Fields(SchedulerOptions of) {
            kvBytes = of.kvBytes;
            maxRunning = of.maxRunning;
            maxQueued = of.maxQueued;
            queueWait = of.queueWait;
            stepTarget = of.stepTarget;
            slowReader = of.slowReader;
            prefixCache = of.prefixCache;
            speculation = of.speculation;
        }

        SchedulerOptions options() {
            return new SchedulerOptions(
                    kvBytes,
                    maxRunning,
                    maxQueued,
                    queueWait,
                    stepTarget,
                    slowReader,
                    prefixCache,
                    speculation);
        }
    }
}

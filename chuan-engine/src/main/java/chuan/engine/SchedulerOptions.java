package chuan.engine;

import java.time.Duration;

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

    public SchedulerOptions {
        if (kvBytes < 0)
            throw new InvalidRequestException("cache memory", "must not be negative: " + kvBytes);
        if (maxRunning < 1)
            throw new InvalidRequestException("parallel", "must be positive, not " + maxRunning);
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
        return new SchedulerOptions(
                value,
                maxRunning,
                maxQueued,
                queueWait,
                stepTarget,
                slowReader,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withMaxRunning(int value) {
        return new SchedulerOptions(
                kvBytes,
                value,
                maxQueued,
                queueWait,
                stepTarget,
                slowReader,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withMaxQueued(int value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                value,
                queueWait,
                stepTarget,
                slowReader,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withQueueWait(Duration value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                maxQueued,
                value,
                stepTarget,
                slowReader,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withStepTarget(Duration value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                maxQueued,
                queueWait,
                value,
                slowReader,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withSlowReader(Duration value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                maxQueued,
                queueWait,
                stepTarget,
                value,
                prefixCache,
                speculation);
    }

    public SchedulerOptions withPrefixCache(boolean value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                maxQueued,
                queueWait,
                stepTarget,
                slowReader,
                value,
                speculation);
    }

    public SchedulerOptions withSpeculation(Speculation value) {
        return new SchedulerOptions(
                kvBytes,
                maxRunning,
                maxQueued,
                queueWait,
                stepTarget,
                slowReader,
                prefixCache,
                value);
    }
}

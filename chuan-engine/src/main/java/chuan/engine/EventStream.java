package chuan.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The events of one request between the scheduler, which never waits, and its reader, who does.
/// Only the last news about queue and prompt are kept; text all of it, so the scheduler looks at
/// [#backlog] before it adds more.
final class EventStream implements Generation {
    /// Events after which an answer is not continued until they are read.
    static final int MOST = 256;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final ArrayDeque<GenerationEvent> events = new ArrayDeque<>();
    private final Runnable wake;
    private volatile int backlog;
    private volatile boolean cancelled;
    private boolean ended;
    private boolean closed;

    /// Whether there are events that its reader was not woken for.
    private boolean untold;

    /// @param wake told when the scheduler has to look at this request
    EventStream(Runnable wake) {
        this.wake = wake;
    }

    /// Adds an event; after the last one, or when nobody listens any more, does nothing.
    void put(GenerationEvent event) {
        put(event, true);
    }

    /// The same without waking a reader who waits: that is to follow soon, by [#tell].
    void putQuietly(GenerationEvent event) {
        put(event, false);
    }

    private void put(GenerationEvent event, boolean tell) {
        lock.lock();
        try {
            if (ended || closed) return;
            ended = isLast(event);
            if (isNews(events.peekLast())) events.removeLast();
            events.addLast(event);
            backlog = events.size();
            untold = !tell;
            if (tell) arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Wakes a reader who waits, if there is news.
    void tell() {
        lock.lock();
        try {
            if (untold) arrived.signal();
            untold = false;
        } finally {
            lock.unlock();
        }
    }

    private static boolean isNews(@Nullable GenerationEvent event) {
        return event instanceof GenerationEvent.Queued || event instanceof GenerationEvent.Prompt;
    }

    private static boolean isLast(GenerationEvent event) {
        return event instanceof GenerationEvent.Finished || event instanceof GenerationEvent.Failed;
    }

    /// Whether a reader who waits was not woken for the last event.
    boolean isUntold() {
        lock.lock();
        try {
            return untold;
        } finally {
            lock.unlock();
        }
    }

    /// Events that nobody has read yet.
    int backlog() {
        return backlog;
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public @Nullable GenerationEvent next(Duration wait) throws InterruptedException {
        long nanos = wait.toNanos();
        lock.lockInterruptibly();
        try {
            while (events.isEmpty()) {
                if (ended || closed || nanos <= 0) return null;
                nanos = arrived.awaitNanos(nanos);
            }
            var event = events.pollFirst();
            if (event instanceof GenerationEvent.Delta delta) event = withMore(delta);
            backlog = events.size();
            return event;
        } finally {
            lock.unlock();
        }
    }

    /// A delta and those that wait behind it, as one: whoever passes them on does so once.
    private GenerationEvent.Delta withMore(GenerationEvent.Delta first) {
        if (!(events.peekFirst() instanceof GenerationEvent.Delta)) return first;
        var text = new StringBuilder(first.text());
        var tokens = new ArrayList<TokenLogprobs>(first.tokens());
        while (events.peekFirst() instanceof GenerationEvent.Delta next) {
            text.append(next.text());
            tokens.addAll(next.tokens());
            events.removeFirst();
        }
        return new GenerationEvent.Delta(text.toString(), tokens);
    }

    @Override
    public void cancel() {
        cancelled = true;
        wake.run();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            events.clear();
            backlog = 0;
            arrived.signalAll();
        } finally {
            lock.unlock();
        }
        cancel();
    }
}

package chuan.engine;

import chuan.model.Backend;
import chuan.model.ContextTooLongException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Answers any number of requests at the same time with one model: they share every step of it, so
/// many take little longer than one ("continuous batching": Yu et al. 2022, "Orca"), and what
/// begins alike is computed once. Each gets, token for token, what [Engine#generate] gives it
/// alone.
///
/// Any thread may call it; one thread of its own does all work on the model. An engine can be used
/// directly beside it. Closes neither engine nor back end.
public final class Scheduler implements AutoCloseable {
    private static final long MAX_RETRY_SECONDS = 60;

    /// How often waiting times and slow readers are looked at where nothing else happens.
    private static final long LOOK_NANOS = 50_000_000;

    private static final String SHUT_DOWN = "the server is shutting down";

    private final Engine engine;
    private final SchedulerOptions options;
    private final long kvBytes;
    private final Counters counters = new Counters();
    private final Batcher batcher;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Condition idle = lock.newCondition();

    // guarded by the lock
    private final ArrayList<Job> inbox = new ArrayList<>();
    private final ArrayDeque<Embedding> embeddings = new ArrayDeque<>();
    private boolean woken;
    private boolean draining;
    private boolean closing;
    private boolean isIdle = true;
    private long numbers;

    // of its own thread
    private float[] hidden = new float[0];

    public Scheduler(Engine engine, SchedulerOptions options) {
        this.engine = engine;
        this.options = options;
        kvBytes = options.poolBytes(engine.backend().kvBytes(engine.context()));
        batcher = new Batcher(engine, options, kvBytes, counters, System::nanoTime);
        thread = Thread.ofPlatform().name("chuan-scheduler").daemon().start(this::run);
    }

    public Engine engine() {
        return engine;
    }

    /// Accepts a request; its events tell what becomes of it.
    ///
    /// @param scope whose finished requests may be built upon, and whose share of the model it
    ///   uses; "" for those that belong to nobody in particular
    /// @throws ContextTooLongException if the prompt leaves no room in the context
    /// @throws InvalidRequestException if it holds ids that the model does not know, or needs more
    ///   memory than there will ever be
    /// @throws OverloadedException if too much is waiting
    /// @throws ShuttingDownException after [#drain]
    public Generation submit(GenerateRequest request, String scope) {
        engine.checkIds(request);
        int prompt = request.prompt().length;
        checkLength("prompt", prompt);
        long wanted = (long) prompt + request.maxTokens() - 1;
        int context = (int) Math.min(wanted, engine.context());
        int capacity = Memory.longest(engine.backend(), kvBytes, context);
        var stream = new EventStream(this::wake);
        lock.lock();
        try {
            checkRoom(prompt);
            long now = System.nanoTime();
            inbox.add(new Job(numbers++, request, scope, stream, capacity, now));
            counters.queued.getAndIncrement();
            counters.queuedTokens.getAndAdd(prompt);
            counters.accepted.getAndIncrement();
            isIdle = false;
            woken = true;
            news.signal();
        } finally {
            lock.unlock();
        }
        return stream;
    }

    private void checkLength(String field, int tokens) {
        if (tokens > engine.context()) throw new ContextTooLongException(tokens, engine.context());
        Backend backend = engine.backend();
        if (!Memory.fits(backend, kvBytes, tokens))
            throw new InvalidRequestException(
                    field,
                    "%d tokens need %.1f MB of keys and values, but only %.1f MB are allowed"
                            .formatted(tokens, backend.kvBytes(tokens) / 1e6, kvBytes / 1e6));
    }

    private void checkRoom(int prompt) {
        if (draining || closing) throw new ShuttingDownException();
        int queued = counters.queued.get() + embeddings.size();
        long tokens = counters.queuedTokens.get() + prompt;
        long pool = kvBytes / engine.backend().kvBytes(engine.context()) * engine.context();
        long most = Math.max(16L * engine.context(), 4 * pool);
        if (queued < options.maxQueued() && (queued == 0 || tokens <= most)) return;
        counters.refused.getAndIncrement();
        throw new OverloadedException(
                "%d requests with %d tokens are waiting already".formatted(queued, tokens - prompt),
                retryAfter(tokens));
    }

    private Duration retryAfter(long tokens) {
        double seconds = counters.stepNanos.get() * 1e-9;
        double rate = seconds > 0 ? counters.computedTokens.get() / seconds : 0;
        double wait = rate > 0 ? Math.ceil(tokens / rate) : 1;
        return Duration.ofSeconds(Math.clamp((long) wait, 1, MAX_RETRY_SECONDS));
    }

    /// The direction of a text: the mean of the hidden states of its tokens after the final norm,
    /// `[hidden]`, of length 1. Waits for its turn.
    ///
    /// @throws ContextTooLongException if there are more ids than the context holds
    /// @throws InvalidRequestException if there are none, or some that the model does not know
    /// @throws OverloadedException if too much is waiting
    /// @throws ShuttingDownException after [#drain]
    /// @throws CancellationException if the thread is interrupted meanwhile
    public float[] embed(int[] ids) {
        if (ids.length == 0) throw new InvalidRequestException("input", "is empty");
        for (int i = 0; i < ids.length; i++) engine.checkId("input[" + i + "]", ids[i]);
        checkLength("input", ids.length);
        var embedding = new Embedding(ids.clone(), engine.backend().config().hidden());
        lock.lock();
        try {
            checkRoom(ids.length);
            embeddings.addLast(embedding);
            isIdle = false;
            woken = true;
            news.signal();
        } finally {
            lock.unlock();
        }
        try {
            return embedding.result.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException _) {
            embedding.result.cancel(false);
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        }
    }

    public SchedulerStatistics statistics() {
        return counters.snapshot(kvBytes);
    }

    private void wake() {
        lock.lock();
        try {
            woken = true;
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (receive()) {
                boolean worked = batcher.step();
                worked |= embed();
                if (!worked) rest();
            }
        } catch (RuntimeException | Error e) {
            stop("the engine failed: " + e);
            throw e;
        }
        stop(SHUT_DOWN);
    }

    /// @return false to stop
    private boolean receive() {
        lock.lock();
        try {
            woken = false;
            for (int i = 0; i < inbox.size(); i++) batcher.add(inbox.get(i));
            inbox.clear();
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    private void rest() {
        lock.lock();
        try {
            boolean nothing = batcher.isIdle() && embeddings.isEmpty();
            if (nothing && inbox.isEmpty() && !isIdle) {
                isIdle = true;
                idle.signalAll();
            }
            while (!woken && !closing) {
                if (nothing) news.await();
                else if (news.awaitNanos(LOOK_NANOS) <= 0) return;
            }
        } catch (InterruptedException _) {
            closing = true; // nobody has a reason to do so but to end it
        } finally {
            lock.unlock();
        }
    }

    /// A piece of the first text that waits to be embedded.
    ///
    /// @return whether there was any
    private boolean embed() {
        Embedding next = firstEmbedding();
        if (next == null) return false;
        var backend = engine.backend();
        boolean over = next.result.isDone();
        boolean computed = false;
        if (!over
                && !next.isStarted()
                && !batcher.memory().makeRoom(backend.kvBytes(next.ids.length))) return false;
        if (!over) {
            int tokens = batcher.spareTokens();
            int floats = Math.multiplyExact(tokens, backend.config().hidden());
            if (hidden.length < floats) hidden = new float[floats];
            engine.turn().lock();
            try {
                computed = next.step(backend, tokens, hidden);
                over = computed;
            } catch (RuntimeException e) {
                next.result.completeExceptionally(e);
                over = true;
            } finally {
                engine.turn().unlock();
            }
        }
        if (over) {
            next.close();
            removeEmbedding(next);
            if (computed) {
                counters.embeddedTokens.getAndAdd(next.ids.length);
                next.finish();
            }
        }
        return true;
    }

    private @Nullable Embedding firstEmbedding() {
        lock.lock();
        try {
            return embeddings.peekFirst();
        } finally {
            lock.unlock();
        }
    }

    private void removeEmbedding(Embedding embedding) {
        lock.lock();
        try {
            embeddings.remove(embedding);
        } finally {
            lock.unlock();
        }
    }

    private void stop(String message) {
        lock.lock();
        try {
            closing = true;
            for (var job : inbox) batcher.add(job);
            inbox.clear();
            for (var embedding : embeddings) {
                embedding.close();
                embedding.result.completeExceptionally(new ShuttingDownException());
            }
            embeddings.clear();
        } finally {
            lock.unlock();
        }
        batcher.abort(message);
        batcher.close();
        lock.lock();
        try {
            isIdle = true;
            idle.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Refuses new requests from now on, and waits until all that were accepted are answered.
    ///
    /// @return false if some are not answered after `grace`; [#close] ends those
    public boolean drain(Duration grace) throws InterruptedException {
        long nanos = TimeUnit.NANOSECONDS.convert(grace);
        lock.lockInterruptibly();
        try {
            draining = true;
            while (!isIdle) {
                if (nanos <= 0) return false;
                nanos = idle.awaitNanos(nanos);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Ends all requests that are left with [GenerationEvent.Failed], and gives their memory back.
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            news.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}

package chuan.engine;

import chuan.model.Backend;
import chuan.model.Batch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.LongSupplier;

/// Serves many requests at once, one step after another: in each step every answer gets a token (or
/// several, if a draft of it is right), and what time remains goes to parts of prompts. What comes
/// out for a request does not depend on the others, because a back end computes the same for any
/// division of texts into steps and batches.
///
/// Owns the caches of all requests. Scheduler's thread only.
final class Batcher implements AutoCloseable {
    /// Requests whose prompts are computed in the same step.
    private static final int MOST_PROMPTS = 4;

    /// Waking a reader costs a processor some ten microseconds, which it does not compute. So all
    /// readers are woken together, after a pause of this for each, but not longer than anybody
    /// would notice.
    private static final long PAUSE_PER_READER_NANOS = 400_000;

    private static final long LONGEST_PAUSE_NANOS = 8_000_000;

    private final Engine engine;
    private final Backend backend;
    private final int vocab;
    private final SchedulerOptions options;
    private final Counters counters;
    private final LongSupplier clock;
    private final WaitingQueue waiting = new WaitingQueue();
    private final ArrayList<Job> running = new ArrayList<>();
    private final Memory memory;
    private final StepTimes times = new StepTimes();
    private final StepPlanner planner;

    // the step at hand
    private final Batch batch = new Batch();
    private Job[] jobs = new Job[8];
    private int[] lengths = new int[8];
    private int[] rows = new int[8];
    private float[] logits = new float[0];
    private long stepEnd;
    private long toldNanos;

    /// Of each thread that chooses tokens.
    private final Sampler.Workspace[] spaces;

    private final Backend.Pieces choose = this::choose;
    private long admissions;

    Batcher(
            Engine engine,
            SchedulerOptions options,
            long kvBytes,
            Counters counters,
            LongSupplier clock) {
        this.engine = engine;
        this.options = options;
        this.counters = counters;
        this.clock = clock;
        backend = engine.backend();
        vocab = backend.config().vocab();
        spaces = new Sampler.Workspace[backend.threads()];
        Arrays.setAll(spaces, _ -> new Sampler.Workspace(vocab));
        memory = new Memory(backend, kvBytes, running, options.prefixCache());
        planner = new StepPlanner(options, times);
    }

    /// Takes a request, which was counted as queued.
    void add(Job job) {
        waiting.add(job);
    }

    boolean isIdle() {
        return running.isEmpty() && waiting.size() == 0;
    }

    /// Does what can be done now.
    ///
    /// @return false if there was nothing to compute
    boolean step() {
        long now = clock.getAsLong();
        endSome(now);
        admit(now);
        plan(now);
        boolean work = batch.size() > 0;
        if (work) run();
        else tellReaders(now);
        counters.running.set(running.size());
        counters.kvUsedBytes.set(backend.kvUsedBytes());
        counters.remembered.set(memory.prefixes().size());
        return work;
    }

    /// Cancelled requests, those that waited too long, and those that nobody reads.
    private void endSome(long now) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            var job = waiting.get(i);
            if (job.stream.isCancelled()) {
                counters.cancelled.getAndIncrement();
                job.finish(FinishReason.CANCELLED, now);
            } else if (!job.wasStarted()
                    && now - job.arrivedNanos > options.queueWait().toNanos()) {
                fail(
                        job,
                        "waited %d seconds for its turn: the server is overloaded"
                                .formatted(options.queueWait().toSeconds()));
            } else {
                continue;
            }
            leaveQueue(job);
            waiting.left(job);
        }
        int paused = 0;
        for (int i = running.size() - 1; i >= 0; i--) {
            var job = running.get(i);
            if (job.stream.isCancelled()) {
                counters.cancelled.getAndIncrement();
                job.finish(FinishReason.CANCELLED, now);
                leave(job);
            } else if (isTooSlow(job, now)) {
                fail(
                        job,
                        "nobody read the answer for %d seconds"
                                .formatted(options.slowReader().toSeconds()));
                leave(job);
            } else if (job.isPaused()) {
                paused++;
            }
        }
        counters.paused.set(paused);
    }

    /// Notes whether a reader has fallen behind or has caught up.
    private boolean isTooSlow(Job job, long now) {
        int backlog = job.stream.backlog();
        if (!job.isPaused()) {
            if (backlog >= EventStream.MOST) job.pausedSinceNanos = now;
            return false;
        }
        if (backlog <= EventStream.MOST / 2) job.pausedSinceNanos = 0;
        return job.isPaused() && now - job.pausedSinceNanos > options.slowReader().toNanos();
    }

    private void fail(Job job, String message) {
        counters.failed.getAndIncrement();
        job.stream.put(new GenerationEvent.Failed(message));
    }

    private void leaveQueue(Job job) {
        waiting.remove(job);
        if (job.wasStarted()) return;
        counters.queued.getAndDecrement();
        counters.queuedTokens.getAndAdd(-job.request.prompt().length);
    }

    /// Leaves the running; what was computed is remembered.
    private void leave(Job job) {
        running.remove(job);
        memory.release(job);
        waiting.left(job);
    }

    private void admit(long now) {
        boolean changed = false;
        while (running.size() < options.maxRunning()) {
            var job = waiting.next(now, planner.tokenNanos());
            if (job == null || !memory.reserve(job)) break;
            leaveQueue(job);
            start(job, now);
            changed = true;
        }
        for (int i = 0; i < waiting.size(); i++) {
            var job = waiting.get(i);
            if (!job.wasStarted() && job.place != i && (changed || job.place < 0)) {
                job.place = i;
                job.stream.put(new GenerationEvent.Queued(i));
            }
        }
    }

    private void start(Job job, long now) {
        boolean first = !job.wasStarted();
        job.admission = admissions++;
        try {
            job.start(engine.tokenizer(), vocab, spaces[0], backend.newCache(job.capacity), now);
        } catch (RuntimeException e) { // a constraint that cannot begin
            fail(job, message(e));
            memory.release(job);
            waiting.left(job);
            return;
        }
        running.add(job);
        memory.begin(job);
        if (first) counters.promptTokens.getAndAdd(job.request.prompt().length);
        if (job.isOver()) end(job, now);
        else job.tellProgress();
    }

    private static String message(RuntimeException e) {
        var message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /// Fills the batch.
    private void plan(long now) {
        batch.clear();
        for (int i = 0; i < running.size(); i++) memory.follow(running.get(i));
        makeRoom();
        int rows = 0;
        for (int i = 0; i < running.size(); i++) if (decodes(running.get(i))) rows++;
        int decoding = rows;
        for (int i = 0; i < running.size(); i++) {
            var job = running.get(i);
            if (!decodes(job)) continue;
            job.drafts = planner.draft(job, decoding, rows);
            rows += job.drafts;
            add(job, 1 + job.drafts, 1 + job.drafts);
        }
        addPrompts(rows, now);
    }

    /// Room for the next tokens of each answer, which others may have to give.
    private void makeRoom() {
        for (int i = 0; i < running.size(); ) {
            var job = running.get(i++);
            int next = Math.min(job.capacity, job.computed() + 1 + StepPlanner.MOST_DRAFTS);
            if (!decodes(job) || next <= job.reserved) continue;
            var victim = memory.grow(job);
            if (victim == null) continue;
            preempt(victim);
            i = 0;
        }
    }

    /// Whether one token more is all that there is to compute.
    private static boolean decodes(Job job) {
        return job.leader == null && job.toCompute() == 1 && !job.isPaused();
    }

    private void addPrompts(int rows, long now) {
        int left = planner.promptTokens(rows);
        for (int n = 0; n < MOST_PROMPTS && left > 0; n++) {
            Job next = null;
            double lowest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < running.size(); i++) {
                var job = running.get(i);
                if (job.toCompute() <= 1 || job.leader != null || isIn(job)) continue;
                double urgency = WaitingQueue.urgency(job, now, planner.tokenNanos());
                if (urgency < lowest) {
                    lowest = urgency;
                    next = job;
                }
            }
            if (next == null) return;
            int tokens = Math.min(left, next.toCompute());
            add(next, tokens, tokens == next.toCompute() ? 1 : 0);
            left -= tokens;
        }
    }

    private boolean isIn(Job job) {
        for (int i = 0; i < batch.size(); i++) if (jobs[i] == job) return true;
        return false;
    }

    private void add(Job job, int tokens, int wanted) {
        int slice = batch.size();
        if (slice == jobs.length) {
            jobs = Arrays.copyOf(jobs, 2 * slice);
            lengths = Arrays.copyOf(lengths, 2 * slice);
            rows = Arrays.copyOf(rows, 2 * slice);
        }
        jobs[slice] = job;
        lengths[slice] = job.computed();
        rows[slice] = batch.rows();
        batch.add(job.cache(), job.ids, job.computed(), job.computed() + tokens, wanted);
    }

    /// Gives what a request holds back, so that an older one can go on; it is taken up again later.
    private void preempt(Job job) {
        job.stream.tell();
        running.remove(job);
        memory.release(job);
        job.preemptions++;
        counters.preemptions.getAndIncrement();
        waiting.resume(job);
    }

    /// Wakes all readers for whom there is something.
    private void tellReaders(long now) {
        for (int i = 0; i < running.size(); i++) running.get(i).stream.tell();
        toldNanos = now;
    }

    private long pauseNanos() {
        return Math.min(PAUSE_PER_READER_NANOS * running.size(), LONGEST_PAUSE_NANOS);
    }

    private void run() {
        int slices = batch.size();
        int tokens = 0;
        for (int i = 0; i < slices; i++) tokens += batch.to(i) - batch.from(i);
        boolean soon = times.seconds(tokens) * 1e9 <= pauseNanos() && !engine.turn().isLocked();
        if (!soon) tellReaders(clock.getAsLong());
        long floats = Math.multiplyExact((long) batch.rows(), vocab);
        if (logits.length < floats) logits = new float[Math.toIntExact(floats)];
        engine.turn().lock();
        try {
            if (forward(tokens)) backend.share(slices, choose);
            else runOneByOne(slices);
        } finally {
            engine.turn().unlock();
        }
        for (int i = 0; i < slices; i++)
            if (jobs[i].cache != null) goOn(jobs[i], batch.to(i) - batch.from(i), batch.wanted(i));
        Arrays.fill(jobs, 0, slices, null);
        batch.clear();
        if (stepEnd - toldNanos >= pauseNanos()) tellReaders(stepEnd);
    }

    /// @return false if something went wrong
    private boolean forward(int tokens) {
        long before = clock.getAsLong();
        try {
            backend.forward(batch, logits);
        } catch (RuntimeException _) {
            return false;
        }
        stepEnd = clock.getAsLong();
        times.observe(tokens, (stepEnd - before) * 1e-9);
        counters.steps.getAndIncrement();
        counters.stepNanos.getAndAdd(stepEnd - before);
        return true;
    }

    /// Chooses tokens for some of the requests. On any thread of the back end.
    private void choose(int worker, int from, int to) {
        for (int i = from; i < to; i++)
            if (batch.wanted(i) > 0)
                jobs[i].choose(logits, rows[i] * vocab, vocab, spaces[worker], stepEnd);
    }

    /// A step went wrong: memory, or something about one of the requests. With all memory that can
    /// be had, each gets a step of its own, and who is to blame fails alone.
    private void runOneByOne(int slices) {
        memory.prefixes().close();
        var single = new Batch();
        for (int i = 0; i < slices; i++) {
            var job = jobs[i];
            int to = lengths[i] + batch.to(i) - batch.from(i);
            try {
                if (job.computed() > lengths[i]) job.cache().truncate(lengths[i]);
                single.clear().add(job.cache(), job.ids, lengths[i], to, batch.wanted(i));
                backend.forward(single, logits);
            } catch (RuntimeException e) {
                job.failure = e;
                continue;
            }
            rows[i] = 0;
            stepEnd = clock.getAsLong();
            choose(0, i, i + 1);
        }
    }

    /// A request after its part of a step.
    private void goOn(Job job, int tokens, int wanted) {
        job.adopted = 0;
        counters.computedTokens.getAndAdd(tokens);
        if (job.failure != null) {
            fail(job, message(job.failure));
            running.remove(job);
            memory.discard(job);
            waiting.left(job);
            return;
        }
        if (wanted == 0) {
            waiting.serve(job, tokens, 0);
            job.tellProgress();
            return;
        }
        boolean first = job.takeFirst();
        int chosen = job.chosenTokens;
        waiting.serve(job, tokens - wanted, chosen);
        counters.generatedTokens.getAndAdd(chosen);
        counters.draftedTokens.getAndAdd(wanted - 1);
        counters.acceptedTokens.getAndAdd(job.acceptedInStep);
        if (first) {
            job.stream.tell();
            counters.cachedTokens.getAndAdd(job.cachedTokens());
            counters.firstTokens.getAndIncrement();
            counters.firstTokenNanos.getAndAdd(stepEnd - job.arrivedNanos);
        }
        if (job.isOver()) end(job, stepEnd);
    }

    private void end(Job job, long now) {
        counters.finished.getAndIncrement(); // before anybody can hear of the end
        job.finish(FinishReason.LENGTH, now); // unless it says otherwise
        leave(job);
    }

    /// Ends all requests with a message.
    void abort(String message) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            var job = waiting.get(i);
            fail(job, message);
            leaveQueue(job);
        }
        for (var job : running) {
            fail(job, message);
            memory.discard(job);
        }
        running.clear();
        counters.running.set(0);
    }

    @Override
    public void close() {
        memory.prefixes().close();
    }

    Memory memory() {
        return memory;
    }

    /// Tokens that somebody else may compute between two steps.
    int spareTokens() {
        return Math.min(128, planner.promptTokens(running.size()));
    }
}

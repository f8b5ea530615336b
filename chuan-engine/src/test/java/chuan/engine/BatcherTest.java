package chuan.engine;

import static chuan.engine.Toys.BYTE;
import static chuan.engine.Toys.engine;
import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.GenerationEvent.Delta;
import chuan.engine.GenerationEvent.Failed;
import chuan.engine.GenerationEvent.Finished;
import chuan.engine.GenerationEvent.Prompt;
import chuan.engine.GenerationEvent.Queued;
import chuan.engine.Toys.FakeBackend;
import chuan.model.Batch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Step by step, with a clock that stands still unless a step runs: 5 ms for each, and 1 ms for
/// each token.
class BatcherTest {
    private static final int CONTEXT = 5000;

    private final FakeBackend backend = Toys.hashing(CONTEXT, -100);
    private final Engine engine = engine(backend);
    private final Counters counters = new Counters();
    private final List<EventStream> streams = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(11);
    private SchedulerOptions options = SchedulerOptions.defaults().withSpeculation(Speculation.OFF);
    private Batcher batcher = batcher(options);
    private long now = 1;
    private long jobs;

    private Batcher batcher(SchedulerOptions newOptions) {
        options = newOptions;
        backend.watcher = batch -> now += 5_000_000L + 1_000_000L * tokens(batch);
        long kvBytes = options.kvBytes() > 0 ? options.kvBytes() : backend.kvBytes(20 * CONTEXT);
        return batcher = new Batcher(engine, options, kvBytes, counters, () -> now);
    }

    private static int tokens(Batch batch) {
        int sum = 0;
        for (int i = 0; i < batch.size(); i++) sum += batch.to(i) - batch.from(i);
        return sum;
    }

    @AfterEach
    void nothingIsLeft() {
        batcher.abort("the end");
        batcher.close();
        assertThat(backend.openCaches).isZero();
        assertThat(backend.kvUsedBytes()).isZero();
    }

    private int[] prompt(int length) {
        return random.ints(length, BYTE, BYTE + 256).toArray();
    }

    private EventStream submit(GenerateRequest request, String scope) {
        var stream = new EventStream(() -> {});
        long capacity = (long) request.prompt().length + request.maxTokens() - 1;
        batcher.add(
                new Job(jobs++, request, scope, stream, (int) Math.min(capacity, CONTEXT), now));
        counters.queued.getAndIncrement();
        streams.add(stream);
        return stream;
    }

    private EventStream submit(int promptLength, int maxTokens) {
        return submit(request(prompt(promptLength), maxTokens), "");
    }

    private GenerateRequest request(int[] prompt, int maxTokens) {
        return engine.request(prompt).withMaxTokens(maxTokens).withStopIds(Set.of());
    }

    private static List<GenerationEvent> read(EventStream stream) {
        var events = new ArrayList<GenerationEvent>();
        try {
            for (var e = stream.next(Duration.ZERO); e != null; e = stream.next(Duration.ZERO))
                events.add(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return events;
    }

    /// Tokens of all deltas, of which one may have several.
    private static long deltas(List<GenerationEvent> events) {
        return events.stream()
                .mapToLong(e -> e instanceof Delta(_, var tokens) ? tokens.size() : 0)
                .sum();
    }

    private GenerateResult finish(EventStream stream) {
        for (int i = 0; i < 20_000; i++) {
            batcher.step();
            for (var event : read(stream))
                if (event instanceof Finished(GenerateResult result)) return result;
        }
        throw new AssertionError("never ends");
    }

    /// Where steps are short, several tokens wait for the same call; never long, and never for a
    /// step that is long itself, and the first token and the end never at all.
    @Test
    void readersAreWokenTogether() {
        backend.watcher = batch -> now += 100_000L * tokens(batch);
        for (int i = 0; i < 16; i++) submit(1 + i, 100 + i);
        var toldAt = new long[16];
        Arrays.fill(toldAt, now);
        int quiet = 0;
        while (batcher.step()) {
            for (int i = 0; i < 16; i++) {
                if (!streams.get(i).isUntold()) toldAt[i] = now;
                else quiet++;
                assertThat(now - toldAt[i]).isLessThanOrEqualTo(10_000_000);
            }
        }
        assertThat(quiet).isGreaterThan(16 * 20);
        assertThat(streams).noneMatch(EventStream::isUntold);
        for (var stream : streams) assertThat(read(stream).getLast()).isInstanceOf(Finished.class);
    }

    @Test
    void aReaderIsWokenForTheFirstTokenAndBeforeALongPrompt() {
        backend.watcher = batch -> now += 100_000L * tokens(batch);
        for (int i = 0; i < 8; i++) submit(1, 1000);
        batcher.step();
        assertThat(streams).allMatch(s -> s.backlog() > 0).noneMatch(EventStream::isUntold);
        batcher.step();
        assertThat(streams).anyMatch(EventStream::isUntold);
        submit(2000, 1);
        backend.watcher =
                batch -> {
                    now += 100_000L * tokens(batch);
                    if (tokens(batch) > 100) assertThat(streams).noneMatch(EventStream::isUntold);
                };
        for (int i = 0; i < 10; i++) batcher.step();
    }

    /// Nobody is forgotten when there is nothing more to compute for him.
    @Test
    void aReaderIsWokenBeforeTheBatcherRests() {
        backend.watcher = batch -> now += 1000L * tokens(batch);
        for (int i = 0; i < 8; i++) submit(1, 3000);
        for (int i = 0; i < 2000; i++) batcher.step();
        assertThat(batcher.step()).as("all wait for their readers").isFalse();
        assertThat(streams).allMatch(s -> s.backlog() >= EventStream.MOST);
        assertThat(streams).noneMatch(EventStream::isUntold);
    }

    @Test
    void answersGoOnInEveryStepWhileALongPromptIsRead() {
        for (int i = 0; i < 4; i++) submit(10, 4000);
        for (int i = 0; i < 20; i++) batcher.step();
        var others = List.copyOf(streams);
        others.forEach(BatcherTest::read);
        var document = submit(3000, 5);
        long longest = 0;
        int steps = 0;
        for (boolean reading = true; reading; steps++) {
            long before = now;
            batcher.step();
            longest = Math.max(longest, now - before);
            for (var stream : others) assertThat(deltas(read(stream))).isEqualTo(1);
            reading = deltas(read(document)) == 0;
        }
        System.out.printf("%d steps of at most %.0f ms%n", steps, longest * 1e-6);
        assertThat(longest).isLessThanOrEqualTo(2 * options.stepTarget().toNanos());
        // 100 ms have room for 80 tokens and more
        assertThat(steps).isBetween(2, 3000 / 64);
    }

    @Test
    void aPromptIsReadBesideManyAnswers() {
        for (int i = 0; i < 16; i++) submit(10, 4000);
        for (int i = 0; i < 50; i++) batcher.step();
        var late = submit(100, 5);
        int steps = 0;
        for (; deltas(read(late)) == 0; steps++) {
            assertThat(steps).isLessThan(8); // at least 16 tokens in each
            batcher.step();
        }
    }

    @Test
    void aShortQuestionPassesALongDocument() {
        var document = submit(4000, 5);
        for (int i = 0; i < 3; i++) batcher.step();
        var question = submit(20, 5);
        finish(question);
        assertThat(read(document).getLast()).isInstanceOf(Prompt.class);
        assertThat(finish(document).finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aLongDocumentIsReadThoughShortQuestionsKeepComing() {
        var document = submit(4000, 5);
        int steps = 0;
        for (boolean reading = true; reading; steps++) {
            assertThat(steps).as("steps").isLessThan(2000);
            for (int i = 0; i < 6; i++) submit(60, 1);
            batcher.step();
            reading = deltas(read(document)) == 0;
        }
    }

    @Test
    void scopesTakeTurns() {
        batcher(options.withMaxRunning(2));
        var many = new ArrayList<EventStream>();
        for (int i = 0; i < 30; i++) many.add(submit(request(prompt(50), 20), "busy"));
        for (int i = 0; i < 60; i++) batcher.step();
        var other = submit(request(prompt(50), 20), "rare");
        assertThat(finish(other).statistics().queuedSeconds()).isLessThan(1);
        long waiting = many.stream().filter(s -> read(s).getLast() instanceof Queued).count();
        assertThat(waiting).isGreaterThan(15);
    }

    @Test
    void whatSeveralAskIsComputedOnce() {
        int[] prompt = prompt(500);
        var answers = new ArrayList<EventStream>();
        for (int i = 0; i < 4; i++) answers.add(submit(request(prompt, 3), ""));
        for (int i = 0; i < 4; i++) {
            var result = finish(answers.get(i));
            assertThat(result.statistics().cachedTokens()).isEqualTo(i == 0 ? 0 : 499);
            assertThat(result.ids())
                    .isEqualTo(
                            engine(Toys.hashing(CONTEXT, -100))
                                    .generate(request(prompt, 3), TokenListener.NONE)
                                    .ids());
        }
        assertThat(backend.tokens).isEqualTo(500 + 3 * 1 + 4 * 2);
    }

    @Test
    void scopesShareNothing() {
        int[] prompt = prompt(200);
        finish(submit(request(prompt, 2), "a"));
        var other = finish(submit(request(prompt, 2), "b"));
        assertThat(other.statistics().cachedTokens()).isZero();
        var same = finish(submit(request(prompt, 2), "a"));
        assertThat(same.statistics().cachedTokens()).isEqualTo(199);
    }

    /// A leader that goes away in the middle leaves what it had.
    @Test
    void whoeverWaitsForAnotherDoesNotWaitForEver() {
        int[] prompt = prompt(2000);
        var first = submit(request(prompt, 3), "");
        var second = submit(request(prompt, 3), "");
        for (int i = 0; i < 3; i++) batcher.step();
        first.cancel();
        int computed = backend.tokens;
        assertThat(computed).isBetween(100, 1999);
        var result = finish(second);
        assertThat(result.statistics().cachedTokens()).isEqualTo(computed);
        assertThat(backend.tokens).isEqualTo(2000 + 2);
    }

    @Test
    void aLaterTurnComputesOnlyWhatIsNew() {
        int[] conversation = prompt(30);
        for (int turn = 0; turn < 20; turn++) {
            int before = backend.tokens;
            var result = finish(submit(request(conversation, 40), ""));
            int expected = turn == 0 ? 30 + 39 : 21 + 39; // with the last token of the answer
            assertThat(backend.tokens - before).isEqualTo(expected);
            int[] answer = result.ids().stream().mapToInt(i -> i).toArray();
            conversation = Toys.join(conversation, answer, prompt(20));
        }
        assertThat(counters.remembered.get()).isEqualTo(1); // each turn contains the one before
    }

    @Test
    void whoDoesNotReadIsPausedAndInTheEndDropped() {
        var slow = submit(10, 4000);
        var quick = submit(10, 4000);
        for (int i = 0; i < 400; i++) {
            batcher.step();
            read(quick);
        }
        assertThat(slow.backlog()).isBetween(EventStream.MOST, EventStream.MOST + 16);
        assertThat(counters.paused.get()).isEqualTo(1);
        var events = read(slow);
        batcher.step();
        batcher.step();
        assertThat(deltas(read(slow))).isPositive();
        assertThat(deltas(events)).isGreaterThan(200);
        for (int i = 0; i < 600; i++) {
            batcher.step();
            read(quick);
        }
        now += Duration.ofSeconds(61).toNanos();
        batcher.step();
        assertThat(read(slow).getLast())
                .isEqualTo(new Failed("nobody read the answer for 60 seconds"));
        batcher.step();
        assertThat(deltas(read(quick))).isPositive();
    }

    @Test
    void whoWaitsTooLongIsTold() {
        batcher(options.withMaxRunning(1).withQueueWait(Duration.ofSeconds(2)));
        var first = submit(10, 4000);
        batcher.step();
        var second = submit(10, 5);
        batcher.step();
        assertThat(read(second)).containsExactly(new Queued(0));
        now += Duration.ofSeconds(3).toNanos();
        batcher.step();
        assertThat(read(second).getLast()).isInstanceOf(Failed.class);
        assertThat(deltas(read(first))).isPositive();
        assertThat(counters.queued.get()).isZero();
    }

    /// Queued, before and in the middle of its prompt, and while it is answered.
    @Test
    void aCancellationTakesEffectBeforeTheNextStep() {
        batcher(options.withMaxRunning(3));
        var decoding = submit(10, 4000);
        for (int i = 0; i < 5; i++) batcher.step();
        var reading = submit(4000, 4000);
        batcher.step();
        batcher.step();
        submit(10, 4000);
        var queued = submit(10, 4000);
        batcher.step();
        int paid = backend.tokens;
        for (var stream : List.of(queued, reading, decoding)) {
            stream.cancel();
            batcher.step();
            var last = read(stream).getLast();
            assertThat(last).isInstanceOf(Finished.class);
            var result = ((Finished) last).result();
            assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(result.ids().isEmpty()).isEqualTo(stream != decoding);
            var seen = new ArrayList<Integer>();
            backend.watcher = batch -> seen.add(batch.size());
            batcher.step();
            assertThat(seen).hasSizeLessThanOrEqualTo(1);
        }
        assertThat(backend.tokens - paid).isLessThan(1000);
        assertThat(counters.cancelled.get()).isEqualTo(3);
        assertThat(counters.running.get()).isEqualTo(1);
    }

    /// NaN from the model, a constraint that allows nothing, one that breaks its word, and a back
    /// end that throws: each ends the request it belongs to.
    @Test
    void whatIsWrongWithOneIsNotWrongWithTheOthers() {
        int nan = BYTE + 1;
        int broken = BYTE + 2;
        var odd =
                new FakeBackend(
                        Toys.VOCAB,
                        CONTEXT,
                        (ids, length, out, at) -> {
                            int which = ids[0];
                            if (which == broken && length > 12)
                                throw new IllegalStateException("x");
                            long hash = Arrays.hashCode(Arrays.copyOf(ids, length));
                            out[at + BYTE + (int) (hash & 127)] = 5;
                            if (which == nan && length > 12) out[at + 3] = Float.NaN;
                        });
        var oddEngine = engine(odd);
        var own = new Batcher(oddEngine, options, 1 << 20, counters, () -> now);
        var requests = new ArrayList<GenerateRequest>();
        for (int first : new int[] {BYTE + 9, nan, broken, BYTE + 8})
            requests.add(request(new int[] {first, 7, 8, 9, 10}, 20));
        requests.add(request(new int[] {BYTE + 7, 7}, 20).withConstraint(new Only(-1, 5)));
        requests.add(request(new int[] {BYTE + 6, 7}, 20).withConstraint(new Only(BYTE + 'x', 5)));
        var all = new ArrayList<EventStream>();
        for (var request : requests) {
            var stream = new EventStream(() -> {});
            all.add(stream);
            int capacity = request.prompt().length + request.maxTokens() - 1;
            own.add(new Job(jobs++, request, "", stream, capacity, now));
        }
        for (int i = 0; i < 60; i++) own.step();
        for (int i : new int[] {0, 3}) {
            var result = ((Finished) read(all.get(i)).getLast()).result();
            var alone = oddEngine.generate(requests.get(i), TokenListener.NONE);
            assertThat(result.ids()).isEqualTo(alone.ids());
        }
        assertThat(((Failed) read(all.get(1)).getLast()).message()).contains("NaN");
        assertThat(((Failed) read(all.get(2)).getLast()).message()).isEqualTo("x");
        assertThat(((Failed) read(all.get(4)).getLast()).message()).contains("allows no token");
        var constrained = ((Finished) read(all.get(5)).getLast()).result();
        assertThat(constrained.text()).isEqualTo("xxxxx");
        assertThat(constrained.finishReason()).isEqualTo(FinishReason.STOP);
        own.abort("");
        own.close();
        assertThat(odd.openCaches).isZero();
    }

    /// Exactly `count` times the same token; -1 = none at all.
    private record Only(int token, int count) implements Constraint {
        @Override
        public int start() {
            return 0;
        }

        @Override
        public int advance(int state, int next) {
            return next == token && state < count ? state + 1 : -1;
        }

        @Override
        public boolean accepting(int state) {
            return state == count;
        }

        @Override
        public boolean complete(int state) {
            return state == count;
        }

        @Override
        public void mask(int state, float[] logits) {
            for (int id = 0; id < logits.length; id++)
                if (id != token || state == count) logits[id] = Float.NEGATIVE_INFINITY;
        }
    }
}

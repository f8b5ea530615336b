package chuan.engine;

import static chuan.engine.Toys.engine;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.engine.Toys.FakeBackend;
import chuan.files.JsonFields;
import chuan.files.ModelFolder;
import chuan.model.ContextTooLongException;
import chuan.model.ReferenceBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Many at once: what each gets is what it would get alone, whatever happens to the others.
class SchedulerTest {
    private static final int CONTEXT = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /// Events up to the last one, whose text must be that of the result.
    static GenerateResult await(Generation generation) throws InterruptedException {
        var text = new StringBuilder();
        var tokens = new ArrayList<Integer>();
        while (true) {
            var event = generation.next(PATIENCE);
            switch (event) {
                case null -> throw new AssertionError("nothing happens");
                case GenerationEvent.Queued _, GenerationEvent.Prompt _ -> {}
                case GenerationEvent.Delta(String delta, var chosen) -> {
                    text.append(delta);
                    chosen.forEach(t -> tokens.add(t.id()));
                }
                case GenerationEvent.Finished(GenerateResult result) -> {
                    assertThat(text.toString()).isEqualTo(result.text());
                    assertThat(tokens).isEqualTo(result.ids());
                    assertThat(generation.next(PATIENCE)).isNull();
                    return result;
                }
                case GenerationEvent.Failed(String message) -> throw new AssertionError(message);
            }
        }
    }

    private record Sent(GenerateRequest request, Generation generation, boolean cancelled) {}

    /// The next token depends on all before, and on little, so that drafts are often right.
    private static FakeBackend repeating(int context) {
        return new FakeBackend(
                Toys.VOCAB,
                context,
                (ids, length, out, at) -> {
                    long hash = 17;
                    for (int i = 0; i < length; i++) hash = hash * 1_000_003 + ids[i];
                    int next = Toys.BYTE + 'a' + (ids[length - 1] + 1) % 7;
                    boolean surprise = (hash >>> 20) % 9 == 0;
                    out[at + next] = 6;
                    out[at + Toys.BYTE + 'a' + (int) ((hash >>> 30) & 7)] += surprise ? 8 : 5;
                    out[at + Toys.EOS] = (hash >>> 40) % 60 == 0 ? 20 : 0;
                });
    }

    private static GenerateRequest random(Engine engine, SplittableRandom random, int[][] begins) {
        int[] begin = begins[random.nextInt(begins.length)];
        int kept = random.nextInt(begin.length + 1);
        int[] own = random.ints(1 + random.nextInt(40), Toys.BYTE + 'a', Toys.BYTE + 'd').toArray();
        int[] prompt = Toys.join(Arrays.copyOf(begin, kept), own);
        var sampling =
                random.nextBoolean()
                        ? SamplingOptions.greedy()
                        : SamplingOptions.pure()
                                .withTopP(0.9)
                                .withRepetitionPenalty(1.1)
                                .withPresencePenalty(0.5)
                                .withSeed(random.nextLong(1 << 20));
        return engine.request(prompt)
                .withMaxTokens(1 + random.nextInt(120))
                .withSampling(sampling)
                .withLogprobs(random.nextInt(4) - 1);
    }

    /// Random arrivals, lengths, common beginnings, scopes and cancellations; memory for a few at a
    /// time, so that requests must make room for one another.
    @ParameterizedTest
    @EnumSource
    void everyoneGetsWhatItWouldGetAlone(Speculation speculation) throws Exception {
        long seed = Long.getLong("chuan.seed", new SplittableRandom().nextLong());
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        var alone = engine(repeating(CONTEXT));
        int[][] begins = new int[4][];
        for (int i = 0; i < begins.length; i++)
            begins[i] = random.ints(120, Toys.BYTE + 'a', Toys.BYTE + 'd').toArray();
        for (int round = 0; round < 6; round++) {
            var backend = repeating(CONTEXT);
            var options =
                    SchedulerOptions.defaults()
                            .withKvBytes(backend.kvBytes(CONTEXT) * (1 + random.nextInt(3)))
                            .withMaxRunning(1 + random.nextInt(12))
                            .withMaxQueued(1000)
                            .withPrefixCache(random.nextInt(4) > 0)
                            .withSpeculation(speculation);
            var sent = new ArrayList<Sent>();
            SchedulerStatistics statistics;
            try (var scheduler = new Scheduler(engine(backend), options)) {
                for (int i = 0; i < 50; i++) {
                    var request = random(alone, random, begins);
                    var generation = scheduler.submit(request, "scope" + random.nextInt(3));
                    boolean cancelled = random.nextInt(6) == 0;
                    if (cancelled && random.nextBoolean()) Thread.sleep(random.nextInt(3));
                    if (cancelled) generation.cancel();
                    sent.add(new Sent(request, generation, cancelled));
                    if (random.nextInt(10) == 0) Thread.sleep(random.nextInt(5));
                }
                for (var one : sent) {
                    var result = await(one.generation);
                    var expected = alone.generate(one.request, TokenListener.NONE);
                    String what = "seed %d, round %d".formatted(seed, round);
                    if (one.cancelled && result.finishReason() == FinishReason.CANCELLED) {
                        int length = result.ids().size();
                        assertThat(expected.ids().subList(0, length)).isEqualTo(result.ids());
                        continue;
                    }
                    assertThat(result.ids()).as(what).isEqualTo(expected.ids());
                    assertThat(result.text()).as(what).isEqualTo(expected.text());
                    assertThat(result.tokens()).as(what).isEqualTo(expected.tokens());
                    assertThat(result.finishReason()).as(what).isEqualTo(expected.finishReason());
                    assertThat(result.statistics().generatedTokens())
                            .isEqualTo(expected.statistics().generatedTokens());
                }
                assertThat(scheduler.drain(PATIENCE)).isTrue();
                statistics = scheduler.statistics();
            }
            assertThat(backend.openCaches).as("seed %d", seed).isZero();
            assertThat(backend.kvUsedBytes()).isZero();
            assertThat(statistics.finished() + statistics.cancelled()).isEqualTo(50);
            assertThat(statistics.queued()).isZero();
            if (speculation == Speculation.ALWAYS)
                assertThat(statistics.acceptedTokens()).isPositive();
        }
    }

    /// Answers far longer than the room that was made for them: whoever is not the oldest gives
    /// way, and goes on later where it was.
    @Test
    void whoHadToMakeRoomGoesOnWhereItWas() throws Exception {
        long seed = Long.getLong("chuan.seed", new SplittableRandom().nextLong());
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        int context = 900;
        var alone = engine(repeating(context));
        long preemptions = 0;
        for (int round = 0; round < 6; round++) {
            var backend = repeating(context);
            var options =
                    SchedulerOptions.defaults()
                            .withKvBytes(backend.kvBytes(context) * (2 + random.nextInt(2)))
                            .withPrefixCache(round > 0);
            var requests = new ArrayList<GenerateRequest>();
            try (var scheduler = new Scheduler(engine(backend), options)) {
                var generations = new ArrayList<Generation>();
                for (int i = 0; i < 8; i++) {
                    int[] prompt = random.ints(20, Toys.BYTE + 'a', Toys.BYTE + 'h').toArray();
                    var request =
                            alone.request(prompt)
                                    .withStopIds(Set.of())
                                    .withMaxTokens(500 + random.nextInt(400))
                                    .withSampling(SamplingOptions.pure().withSeed(i));
                    requests.add(request);
                }
                for (var request : requests) generations.add(scheduler.submit(request, ""));
                // one reader for all reads the last one last: longer than its queue of events
                try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
                    var results = new ArrayList<Future<GenerateResult>>();
                    for (var g : generations) results.add(readers.submit(() -> await(g)));
                    for (int i = 0; i < results.size(); i++) {
                        var expected = alone.generate(requests.get(i), TokenListener.NONE);
                        assertThat(results.get(i).get().ids())
                                .as("seed %d, round %d, request %d", seed, round, i)
                                .isEqualTo(expected.ids());
                    }
                }
                preemptions += scheduler.statistics().preemptions();
                assertThat(scheduler.statistics().preemptions()).isLessThanOrEqualTo(3 * 8);
            }
            assertThat(backend.openCaches).isZero();
        }
        assertThat(preemptions).isPositive();
    }

    @Test
    void tooMuchIsRefusedBeforeAnythingRuns() throws Exception {
        var backend = repeating(CONTEXT);
        var gate = new CountDownLatch(1);
        backend.beforeStep =
                () -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                };
        var options =
                SchedulerOptions.defaults().withMaxRunning(1).withMaxQueued(3).withKvBytes(200);
        var engine = engine(backend);
        try (var scheduler = new Scheduler(engine, options)) {
            var request = engine.request(7, 8, 9).withMaxTokens(4);
            var accepted = new ArrayList<Generation>();
            var refused = new ArrayList<OverloadedException>();
            for (int i = 0; i < 20; i++) {
                try {
                    accepted.add(scheduler.submit(request, ""));
                } catch (OverloadedException e) {
                    refused.add(e);
                }
            }
            assertThat(accepted).hasSizeBetween(3, 4);
            assertThat(refused.getFirst().retryAfter())
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(60));
            assertThatThrownBy(() -> scheduler.submit(engine.request(new int[250]), ""))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("prompt: 250 tokens need");
            assertThatThrownBy(() -> scheduler.submit(engine.request(new int[301]), ""))
                    .isInstanceOf(ContextTooLongException.class);
            assertThatThrownBy(() -> scheduler.submit(engine.request(Toys.VOCAB), ""))
                    .isInstanceOf(InvalidRequestException.class);
            gate.countDown();
            for (var generation : accepted) await(generation);
            assertThat(scheduler.statistics().accepted()).isEqualTo(accepted.size());
            assertThat(scheduler.statistics().refused()).isEqualTo(refused.size());
        }
    }

    @Test
    void aDrainFinishesWhatItCan() throws Exception {
        var backend = Toys.hashing(100_000, -100);
        var engine = engine(backend);
        var scheduler = new Scheduler(engine, SchedulerOptions.defaults());
        var endless = scheduler.submit(engine.request("q").withMaxTokens(90_000), "");
        var brief = scheduler.submit(engine.request("p").withMaxTokens(50), "");
        assertThat(scheduler.drain(Duration.ofMillis(500))).isFalse();
        assertThatThrownBy(() -> scheduler.submit(engine.request("r"), ""))
                .isInstanceOf(ShuttingDownException.class);
        assertThat(await(brief).ids()).hasSize(50);
        scheduler.close();
        GenerationEvent last = null;
        for (var e = endless.next(PATIENCE); e != null; e = endless.next(PATIENCE)) last = e;
        assertThat(last).isEqualTo(new GenerationEvent.Failed("the server is shutting down"));
        assertThat(backend.openCaches).isZero();
        assertThatThrownBy(() -> scheduler.embed(new int[] {7}))
                .isInstanceOf(ShuttingDownException.class);
    }

    /// The mean of the rows that the back end gives, of length 1, whatever runs beside it.
    @Test
    void anEmbeddingIsTheMeanOfTheHiddenStates() throws Exception {
        var backend = repeating(CONTEXT);
        var engine = engine(backend);
        int[] ids = new SplittableRandom(3).ints(290, 5, Toys.VOCAB).toArray();
        int width = backend.config().hidden();
        var rows = new float[ids.length * width];
        try (var cache = backend.newCache(ids.length)) {
            backend.hidden(cache, ids, 0, ids.length, rows);
        }
        var mean = new double[width];
        for (int i = 0; i < rows.length; i++) mean[i % width] += rows[i] / (double) ids.length;
        double length = Math.sqrt(Arrays.stream(mean).map(x -> x * x).sum());
        try (var scheduler = new Scheduler(engine, SchedulerOptions.defaults())) {
            var beside = scheduler.submit(engine.request("q").withMaxTokens(200), "");
            float[] vector = scheduler.embed(ids);
            for (int i = 0; i < width; i++)
                assertThat((double) vector[i]).isCloseTo(mean[i] / length, within(1e-6));
            await(beside);
            assertThat(scheduler.statistics().embeddedTokens()).isEqualTo(ids.length);
            assertThatThrownBy(() -> scheduler.embed(new int[0])).hasMessageContaining("input");
        }
        assertThat(backend.openCaches).isZero();
    }

    /// The official code's greedy continuations, all models' prompts at once, joined at random
    /// times, with one of a single token and one of 700 tokens beside them.
    @ParameterizedTest
    @ValueSource(strings = {"tiny-alibi", "tiny-rope"})
    void greedyTextsOfManyAreThoseOfTheOfficialCode(String model) throws Exception {
        var folder = ModelFolder.open(Golden.file(model));
        var tokenizer = Toys.byteTokenizer(folder.config().vocab());
        var settings = GenerationSettings.of(folder.generation(), folder.config());
        var random = new SplittableRandom(5);
        try (var backend = new ReferenceBackend(folder.config(), folder.rows())) {
            var engine = new Engine(backend, tokenizer, settings, EngineOptions.defaults());
            var expected = new ArrayList<List<Integer>>();
            var generations = new ArrayList<Generation>();
            try (var scheduler =
                    new Scheduler(
                            engine,
                            SchedulerOptions.defaults().withSpeculation(Speculation.ALWAYS))) {
                for (int round = 0; round < 2; round++) {
                    for (JsonFields greedy : EngineGoldenTest.greedy(model)) {
                        var prompt = Golden.ints(greedy, "prompt_ids");
                        generations.add(scheduler.submit(greedy(engine, prompt), "" + round % 2));
                        expected.add(
                                Arrays.stream(Golden.ints(greedy, "kv_cache")).boxed().toList());
                        Thread.sleep(random.nextInt(20));
                    }
                    for (int length : new int[] {1, 700}) {
                        int[] prompt = new int[length];
                        Arrays.fill(prompt, 9);
                        generations.add(scheduler.submit(greedy(engine, prompt), ""));
                        expected.add(
                                engine.generate(greedy(engine, prompt), TokenListener.NONE).ids());
                    }
                }
                for (int i = 0; i < generations.size(); i++)
                    assertThat(await(generations.get(i)).ids())
                            .as("%s, request %d", model, i)
                            .isEqualTo(expected.get(i));
            }
            assertThat(backend.kvUsedBytes()).isZero();
        }
    }

    private static GenerateRequest greedy(Engine engine, int[] prompt) {
        return engine.request(prompt)
                .withSampling(SamplingOptions.greedy())
                .withStopIds(Set.of())
                .withMaxTokens(32);
    }
}

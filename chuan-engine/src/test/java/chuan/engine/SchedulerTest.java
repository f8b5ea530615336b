package chuan.engine;

import static chuan.engine.Toys.engine;
import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Toys.FakeBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Many at once: what each gets is what it would get alone, whatever happens to the others.
class SchedulerTest {
    private static final int CONTEXT = 300;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

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
    private static FakeBackend repeating() {
        return new FakeBackend(
                Toys.VOCAB,
                CONTEXT,
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
        int[] prompt = Toys.join(java.util.Arrays.copyOf(begin, kept), own);
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
        var alone = engine(repeating());
        int[][] begins = new int[4][];
        for (int i = 0; i < begins.length; i++)
            begins[i] = random.ints(120, Toys.BYTE + 'a', Toys.BYTE + 'd').toArray();
        for (int round = 0; round < 6; round++) {
            var backend = repeating();
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
                for (int i = 0; i < 60; i++) {
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
            assertThat(statistics.finished() + statistics.cancelled()).isEqualTo(60);
            assertThat(statistics.queued()).isZero();
            if (speculation == Speculation.ALWAYS)
                assertThat(statistics.acceptedTokens()).isPositive();
            System.out.println(statistics);
        }
    }
}

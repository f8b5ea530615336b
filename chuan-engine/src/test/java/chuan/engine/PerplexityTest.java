package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import chuan.engine.Toys.FakeBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PerplexityTest {
    private static final OptionalInt START = OptionalInt.of(Toys.EOS);

    private static Perplexity.Result measure(
            Perplexity protocol, FakeBackend backend, String... texts) {
        var result =
                protocol.measure(
                        backend, Toys.byteTokenizer(), List.of(texts), _ -> {}, new Cancellation());
        assertThat(backend.openCaches).isZero();
        return result;
    }

    @Test
    void aUniformModelKnowsNothing() {
        var result =
                measure(
                        new Perplexity(START, 16, 8),
                        Toys.uniform(Toys.VOCAB, 16),
                        "好",
                        "xyz".repeat(30),
                        "");
        assertThat(result.documents()).isEqualTo(3);
        assertThat(result.bytes()).isEqualTo(3 + 90);
        assertThat(result.tokens()).as("bytes and the leading spaces").isEqualTo(93 + 2);
        assertThat(result.perplexity()).isCloseTo(Toys.VOCAB, offset(1e-9));
        assertThat(result.bitsPerToken())
                .isCloseTo(Math.log(Toys.VOCAB) / Math.log(2), offset(1e-9));
        assertThat(result.bitsPerByte()).isCloseTo(result.bitsPerToken() * 95 / 93, offset(1e-9));
        assertThat(result.lossyDocuments()).isZero();
    }

    /// Each token counted once, from the window that the protocol says, whatever window and stride.
    @Test
    void windowsEqualTheirDefinition() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 40; round++) {
            int window = random.nextInt(2, 90);
            int stride = random.nextInt(1, window + 1);
            var start = random.nextBoolean() ? START : OptionalInt.empty();
            String text = "x".repeat(random.nextInt(0, 300));
            var backend = Toys.hashing(4000, 3);
            var result = measure(new Perplexity(start, window, stride), backend, text);
            int[] plain = Toys.byteTokenizer().encode(text);
            int[] ids = start.isPresent() ? Toys.join(new int[] {Toys.EOS}, plain) : plain;
            double nats = 0;
            long tokens = 0;
            var expected = new ArrayList<Double>();
            for (int i = 1; i < ids.length; i++, tokens++) {
                expected.add(surprise(backend, ids, windowOf(i, window, stride), i));
                nats += expected.getLast();
            }
            var heard = new ArrayList<Double>();
            new Perplexity(start, window, stride)
                    .measure(
                            backend,
                            Toys.byteTokenizer(),
                            List.of(text),
                            _ -> {},
                            (of, at, surprise) -> {
                                assertThat(of).isEqualTo(ids);
                                heard.add(surprise);
                                assertThat(at).isEqualTo(heard.size());
                            },
                            new Cancellation());
            assertThat(heard).hasSameSizeAs(expected);
            for (int i = 0; i < heard.size(); i++)
                assertThat(heard.get(i)).isCloseTo(expected.get(i), offset(1e-6));
            assertThat(result.tokens()).isEqualTo(tokens);
            assertThat(result.nats())
                    .as("seed %d, window %d, stride %d, %d ids", seed, window, stride, ids.length)
                    .isCloseTo(nats, offset(1e-6));
        }
    }

    /// Start of the first window that holds `i` and something before it.
    private static int windowOf(int i, int window, int stride) {
        int from = 0;
        while (i >= from + window) from += Math.min(stride, window - 1);
        return from;
    }

    private static double surprise(FakeBackend backend, int[] ids, int from, int i) {
        var logits = new float[Toys.VOCAB];
        try (var cache = backend.newCache(4000)) {
            backend.forward(cache, ids, from, i, 1, logits);
        }
        double sum = 0;
        for (float logit : logits) sum += Math.exp(logit);
        return Math.log(sum) - logits[ids[i]];
    }

    @Test
    void partsAddUpToTheWhole() {
        var backend = Toys.hashing(100, 3);
        var protocol = Perplexity.of(backend, Toys.byteTokenizer());
        assertThat(protocol).isEqualTo(new Perplexity(START, 100, 50));
        var a = measure(protocol, backend, "some text");
        var b = measure(protocol, backend, "更多文字");
        assertThat(measure(protocol, backend, "some text", "更多文字")).isEqualTo(a.plus(b));
    }

    @Test
    void progressIsHeardInsideADocumentAndCancellationLeavesItOut() {
        var stop = new Cancellation();
        var heard = new ArrayList<Perplexity.Result>();
        var result =
                new Perplexity(START, 16, 8)
                        .measure(
                                Toys.uniform(Toys.VOCAB, 16),
                                Toys.byteTokenizer(),
                                List.of("a", "x".repeat(100), "c"),
                                soFar -> {
                                    heard.add(soFar);
                                    if (soFar.bytes() > 50) stop.cancel();
                                },
                                stop);
        assertThat(result.documents()).isEqualTo(1);
        assertThat(result.bytes()).isEqualTo(1);
        assertThat(heard).contains(result);
        assertThat(heard).hasSizeBetween(6, 9); // 2 for the first, a window per 8 tokens since
        for (int i = 1; i < heard.size(); i++) {
            assertThat(heard.get(i).bytes()).isGreaterThanOrEqualTo(heard.get(i - 1).bytes());
            assertThat(heard.get(i).perplexity()).isCloseTo(Toys.VOCAB, offset(1e-9));
        }
    }

    @Test
    void wrongProtocolsNameTheField() {
        assertThatThrownBy(() -> new Perplexity(START, 1, 1)).hasMessageStartingWith("window: ");
        assertThatThrownBy(() -> new Perplexity(START, 8, 9)).hasMessageStartingWith("stride: ");
    }
}

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

class ComparisonTest {
    private static final Perplexity PROTOCOL = new Perplexity(OptionalInt.of(Toys.EOS), 40, 20);
    private static final List<String> TEXTS = List.of("some text 好", "x".repeat(150), "");

    /// Logits that depend on all ids before, with `noise` of their own on top.
    private static FakeBackend noisy(double noise) {
        return new FakeBackend(
                Toys.VOCAB,
                400,
                (ids, length, out, at) -> {
                    long hash = 1;
                    for (int i = 0; i < length; i++) hash = hash * 1_000_003 + ids[i];
                    var random = new SplittableRandom(hash);
                    for (int i = at; i < at + Toys.VOCAB; i++)
                        out[i] = (float) (4 * random.nextDouble() + noise * random.nextGaussian());
                });
    }

    private static Comparison.Result compare(FakeBackend a, FakeBackend b) {
        var result = new Comparison(PROTOCOL).measure(a, b, Toys.byteTokenizer(), TEXTS, _ -> {});
        assertThat(a.openCaches + b.openCaches).isZero();
        return result;
    }

    private static Perplexity.Result perplexity(FakeBackend backend) {
        return PROTOCOL.measure(backend, Toys.byteTokenizer(), TEXTS, _ -> {}, new Cancellation());
    }

    @Test
    void aModelEqualsItself() {
        var r = compare(noisy(0), noisy(0));
        assertThat(r.change()).isZero();
        assertThat(r.divergence()).isCloseTo(0, offset(1e-14));
        assertThat(r.highDivergence()).isCloseTo(0, offset(1e-14));
        assertThat(r.agreement()).isEqualTo(1);
        assertThat(r.logitDifference()).isZero();
        assertThat(r.b().nats()).isCloseTo(r.a().nats(), offset(1e-9));
    }

    /// Against the textbook: softmax of both, then the sums.
    @Test
    void everyNumberEqualsItsDefinition() {
        var a = noisy(0);
        var b = noisy(0.8);
        var r = compare(a, b);
        assertThat(r.a().nats()).isCloseTo(perplexity(a).nats(), offset(1e-9));
        assertThat(r.b().nats()).isCloseTo(perplexity(b).nats(), offset(1e-9));
        assertThat(r.change())
                .isCloseTo(r.b().perplexity() / r.a().perplexity() - 1, offset(1e-12));
        var divergences = new ArrayList<Double>();
        double squares = 0;
        int agreeing = 0;
        for (String text : TEXTS) {
            int[] ids = Toys.join(new int[] {Toys.EOS}, Toys.byteTokenizer().encode(text));
            for (int i = 1; i < ids.length; i++) {
                int from = 0;
                while (i >= from + 40) from += 20;
                float[] x = logits(a, ids, from, i);
                float[] y = logits(b, ids, from, i);
                double[] p = softmax(x);
                double[] q = softmax(y);
                double divergence = 0;
                for (int t = 0; t < x.length; t++) {
                    divergence += p[t] * Math.log(p[t] / q[t]);
                    squares += Math.pow((double) x[t] - y[t], 2);
                }
                divergences.add(divergence);
                if (largest(x) == largest(y)) agreeing++;
            }
        }
        int n = divergences.size();
        double mean = divergences.stream().mapToDouble(d -> d).average().orElseThrow();
        double variance = divergences.stream().mapToDouble(d -> (d - mean) * (d - mean)).sum() / n;
        assertThat(r.a().tokens()).isEqualTo(n);
        assertThat(mean).as("the models differ").isGreaterThan(0.01);
        assertThat(r.divergence()).isCloseTo(mean, offset(1e-9));
        var heard = new ArrayList<Double>();
        double[] sums = new double[3];
        new Comparison(PROTOCOL)
                .measure(
                        a,
                        b,
                        Toys.byteTokenizer(),
                        TEXTS,
                        _ -> {},
                        (ids, at, natsA, natsB, of, agrees) -> {
                            assertThat(at).isBetween(1, ids.length - 1);
                            heard.add(of);
                            sums[0] += natsA;
                            sums[1] += natsB;
                            sums[2] += agrees ? 1 : 0;
                        });
        assertThat(heard).hasSize(n);
        for (int i = 0; i < n; i++)
            assertThat(heard.get(i)).isCloseTo(divergences.get(i), offset(1e-9));
        assertThat(sums[0]).isCloseTo(r.a().nats(), offset(1e-9));
        assertThat(sums[1]).isCloseTo(r.b().nats(), offset(1e-9));
        assertThat(sums[2]).isEqualTo(agreeing);
        assertThat(r.divergenceError()).isCloseTo(Math.sqrt(variance / (n - 1)), offset(1e-9));
        divergences.sort(null);
        assertThat(r.highDivergence())
                .isCloseTo(divergences.get((int) Math.ceil(0.999 * n) - 1), offset(1e-9));
        assertThat(r.agreement()).isEqualTo((double) agreeing / n).isBetween(0.05, 0.95);
        assertThat(r.logitDifference())
                .isCloseTo(Math.sqrt(squares / n / Toys.VOCAB), offset(1e-9));
    }

    private static float[] logits(FakeBackend backend, int[] ids, int from, int to) {
        var logits = new float[Toys.VOCAB];
        try (var cache = backend.newCache(400)) {
            backend.forward(cache, ids, from, to, 1, logits);
        }
        return logits;
    }

    private static double[] softmax(float[] logits) {
        var p = new double[logits.length];
        double sum = 0;
        for (float l : logits) sum += Math.exp(l);
        for (int i = 0; i < p.length; i++) p[i] = Math.exp(logits[i]) / sum;
        return p;
    }

    private static int largest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
        return best;
    }

    @Test
    void vocabulariesMustBeOfOneSize() {
        assertThatThrownBy(() -> compare(Toys.uniform(Toys.VOCAB, 50), Toys.uniform(999, 50)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("one has 263 tokens, the other 999");
    }
}

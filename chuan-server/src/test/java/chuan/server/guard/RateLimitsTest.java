package chuan.server.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
    private long now;

    private void passes(Duration time) {
        now += time.toNanos();
    }

    @Test
    void whoWaitsAsLongAsToldIsTaken() {
        var limits = new RateLimits(6, 0, () -> now);
        for (int i = 0; i < 6; i++) assertThat(limits.take("a").exhausted()).isNull();
        var refused = limits.take("a");
        assertThat(refused.exhausted()).isEqualTo("requests");
        assertThat(refused.retryAfter()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(10));
        assertThat(limits.take("b").exhausted()).isNull();
        passes(refused.retryAfter().plusMillis(1));
        assertThat(limits.take("a").exhausted()).isNull();
        assertThat(limits.take("a").exhausted()).isEqualTo("requests");
    }

    @Test
    void aDebtOfTokensIsFilledUpFirst() {
        var limits = new RateLimits(0, 60, () -> now);
        assertThat(limits.take("a").exhausted()).isNull();
        limits.charge("a", 120);
        var refused = limits.take("a");
        assertThat(refused.exhausted()).isEqualTo("tokens");
        assertThat(refused.retryAfter()).isEqualTo(Duration.ofSeconds(61));
        passes(Duration.ofSeconds(60));
        assertThat(limits.take("a").exhausted()).isEqualTo("tokens");
        passes(Duration.ofSeconds(1));
        assertThat(limits.take("a").exhausted()).isNull();
    }

    /// Whatever the arrivals: in any span no more than a bucket and what flows in meanwhile.
    @Test
    void neverMoreThanTheBucketAndTheFlow() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var limits = new RateLimits(30, 0, () -> now);
        int taken = 0;
        long start = now;
        for (int i = 0; i < 5_000; i++) {
            passes(Duration.ofMillis(random.nextInt(500)));
            if (limits.take("a").exhausted() == null) taken++;
            double minutes = (now - start) / 60e9;
            assertThat((double) taken)
                    .as("seed %d", seed)
                    .isLessThanOrEqualTo(30 + 30 * minutes + 1e-6);
        }
        assertThat(taken).isGreaterThan(30);
    }
}

package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExponentialTest {
    @Test
    void isRightButForTheLastBit() {
        long seed = new SplittableRandom().nextLong();
        var random = new SplittableRandom(seed);
        double worst = 0;
        for (int i = 0; i < 200_000; i++) {
            double x = i < 1000 ? -i * 0.104 : -random.nextDouble(104) * random.nextDouble();
            double exact = StrictMath.exp(x);
            worst = Math.max(worst, Math.abs(Exponential.of(x) - exact) / Math.ulp(exact));
        }
        System.out.printf("seed %d: off by %.1f units in the last place%n", seed, worst);
        // the library's own error is up to one
        assertThat(worst).isLessThanOrEqualTo(3);
        assertThat(Exponential.of(0)).isEqualTo(1);
        assertThat(Exponential.of(-104.1)).isZero();
        assertThat(Exponential.of(Double.NEGATIVE_INFINITY)).isZero();
    }
}

package chuan.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LayoutTest {
    private static final int TIMES = 40;

    /// What is needed at the same time lies apart, whatever the spans.
    @Test
    void buffersThatAreNeededTogetherLieApart() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            var layout = new Layout();
            var buffers = new Buffer[random.nextInt(1, 30)];
            var needed = new boolean[buffers.length][TIMES];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = new Buffer(random.nextInt(1, 5000));
                int time = 0;
                while (true) {
                    int from = time + random.nextInt(TIMES / 2);
                    int to = from + random.nextInt(TIMES / 4);
                    if (to >= TIMES) break;
                    layout.fill(buffers[i], from);
                    layout.touch(buffers[i], to);
                    for (int t = from; t <= to; t++) needed[i][t] = true;
                    time = to + 1;
                }
            }
            long end = layout.place();
            for (int t = 0; t < TIMES; t++)
                for (int i = 0; i < buffers.length; i++) {
                    if (!needed[i][t]) continue;
                    assertThat(buffers[i].offset() % Buffer.ALIGNMENT).isZero();
                    assertThat(buffers[i].offset() + buffers[i].bytes()).isLessThanOrEqualTo(end);
                    for (int j = 0; j < i; j++)
                        if (needed[j][t])
                            assertThat(apart(buffers[i], buffers[j]))
                                    .as("seed %d round %d: %d and %d at %d", seed, round, i, j, t)
                                    .isTrue();
                }
        }
    }

    private static boolean apart(Buffer a, Buffer b) {
        return a.offset() + a.bytes() <= b.offset() || b.offset() + b.bytes() <= a.offset();
    }

    /// Ten buffers, one after the other, take the memory of the largest.
    @Test
    void buffersThatAreNeverNeededTogetherShareAPlace() {
        var layout = new Layout();
        for (int i = 0; i < 10; i++) layout.fill(new Buffer(1000 + i), i);
        var alone = new Layout();
        alone.fill(new Buffer(1009), 0);
        assertThat(layout.place()).isEqualTo(alone.place());
    }
}

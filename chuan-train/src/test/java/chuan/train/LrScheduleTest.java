package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LrScheduleTest {
    @Test
    void cosineWarmsUpAndEndsAtItsFinalFraction() {
        var schedule = new LrSchedule.Cosine(10, 0.1);
        assertThat(schedule.factor(0, 110)).isCloseTo(0.1, within(1e-12));
        assertThat(schedule.factor(9, 110)).isCloseTo(1, within(1e-12));
        assertThat(schedule.factor(10, 110)).isCloseTo(1, within(1e-12));
        assertThat(schedule.factor(109, 110)).isCloseTo(0.1, within(1e-12));
        // Half way down: the middle of both ends.
        assertThat(schedule.factor(10 + 50, 111)).isCloseTo(0.55, within(1e-12));
    }

    @Test
    void stableDecayHoldsThenFallsInAStraightLine() {
        var schedule = new LrSchedule.WarmupStableDecay(10, 20, 0);
        assertThat(schedule.factor(79, 100)).isEqualTo(1);
        assertThat(schedule.factor(89, 100)).isCloseTo(0.5, within(1e-12));
        assertThat(schedule.factor(99, 100)).isZero();
    }

    @Test
    void stableDecayDoesNotDependOnTheLengthBeforeTheDecay() {
        var schedule = new LrSchedule.WarmupStableDecay(10, 20, 0);
        for (int step = 0; step < 80; step++) {
            assertThat(schedule.factor(step, 100)).isEqualTo(schedule.factor(step, 1000));
        }
    }
}

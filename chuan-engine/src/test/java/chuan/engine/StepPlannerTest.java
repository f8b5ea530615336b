package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/// What a step costs, how much of a prompt it has time for, and whether a draft pays.
class StepPlannerTest {
    private final StepTimes times = new StepTimes();

    private void learn(IntToDoubleFunction cost, int... sizes) {
        for (int round = 0; round < 40; round++)
            for (int rows : sizes) times.observe(rows, cost.applyAsDouble(rows));
    }

    @Test
    void aTimeBetweenTwoKnownOnesIsOnTheLine() {
        assertThat(times.isEmpty()).isTrue();
        assertThat(times.seconds(5)).isZero();
        learn(rows -> 0.01 + 0.001 * rows, 1, 4, 16, 512);
        for (int rows : new int[] {1, 2, 4, 10, 16, 300, 512})
            assertThat(times.seconds(rows)).isCloseTo(0.01 + 0.001 * rows, within(1e-9));
        assertThat(times.seconds(1024)).isCloseTo(2 * 0.522, within(1e-9)); // no more than that
    }

    /// Steps at start take long, and are not run again at that size.
    @Test
    void aBadTimeHeals() {
        times.observe(128, 9);
        learn(rows -> 0.001 * rows, 16);
        assertThat(times.seconds(128)).isCloseTo(0.128, within(1e-9));
        times.observe(4, 9);
        assertThat(times.seconds(4)).isCloseTo(0.016, within(1e-9));
    }

    @Test
    void timesNeverFallWithMoreRowsByMoreThanTheirNoise() {
        long seed = new SplittableRandom().nextLong();
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 2000; i++) {
            int rows = 1 + random.nextInt(600);
            times.observe(rows, 0.01 + 0.0002 * rows);
        }
        for (int rows = 1; rows < 600; rows++)
            assertThat(times.seconds(rows))
                    .as("seed %d, %d rows", seed, rows)
                    .isCloseTo(0.01 + 0.0002 * rows, within(0.002 + 0.00004 * rows));
    }

    @Test
    void aPromptGetsTheTimeThatIsLeft() {
        var planner = new StepPlanner(SchedulerOptions.defaults(), times);
        assertThat(planner.promptTokens(4)).isEqualTo(128); // nothing is known
        learn(rows -> 0.02 + 0.001 * rows, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512);
        assertThat(planner.promptTokens(4)).isBetween(64, 76); // 20 + 4 + 76 ms
        assertThat(planner.promptTokens(0)).isBetween(464, 480); // half a second
        var slow = new StepTimes();
        for (int i = 0; i < 20; i++) {
            slow.observe(1, 0.25);
            slow.observe(64, 3.0);
        }
        var patient = new StepPlanner(SchedulerOptions.defaults(), slow);
        assertThat(patient.promptTokens(1)).isEqualTo(16); // never none at all
    }

    private Job job(int... prompt) {
        var request =
                new GenerateRequest(
                        prompt, true, 100, List.of(), Set.of(), SamplingOptions.greedy(), -1);
        var job = new Job(0, request, "", new EventStream(() -> {}), 200, 0);
        var backend = Toys.uniform(Toys.VOCAB, 300);
        var space = new Sampler.Workspace(Toys.VOCAB);
        job.start(Toys.byteTokenizer(), Toys.VOCAB, space, backend.newCache(200), 0);
        return job;
    }

    /// One row reads the weights as slowly as eight: a draft is free. Where each row costs the
    /// same, nothing is gained.
    @Test
    void draftsAreMadeWhereRowsAreCheap() {
        var options = SchedulerOptions.defaults();
        var again = job(7, 8, 9, 10, 11, 12, 7, 8, 9);
        learn(rows -> 0.25 + 0.001 * rows, 1, 2, 4, 8, 16);
        assertThat(new StepPlanner(options, times).draft(again, 1, 1)).isBetween(2, 8);
        assertThat(Arrays.copyOfRange(again.ids, 9, 11)).containsExactly(10, 11);
        var dear = new StepTimes();
        for (int rows = 1; rows < 40; rows++) dear.observe(rows, 0.01 * rows);
        assertThat(new StepPlanner(options, dear).draft(again, 1, 1)).isZero();
        assertThat(new StepPlanner(options, times).draft(job(7, 8, 9), 1, 1)).isZero();
        var off = options.withSpeculation(Speculation.OFF);
        assertThat(new StepPlanner(off, times).draft(again, 1, 1)).isZero();
    }

    @Test
    void aDraftGoesOnInItself() {
        int[] ids = new int[20];
        int[] text = {5, 6, 5, 6, 5};
        System.arraycopy(text, 0, ids, 0, 5);
        assertThat(PromptLookup.draft(ids, 5, 6)).isEqualTo(6);
        assertThat(Arrays.copyOfRange(ids, 5, 11)).containsExactly(6, 5, 6, 5, 6, 5);
        assertThat(PromptLookup.draft(new int[] {1, 2, 3, 4, 0, 0}, 4, 2)).isZero();
        assertThat(PromptLookup.draft(new int[] {1, 0, 0}, 1, 2)).isZero();
    }
}

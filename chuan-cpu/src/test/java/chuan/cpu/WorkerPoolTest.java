package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void doesEveryPieceOnce(int threads) {
        try (var pool = new WorkerPool(threads)) {
            for (int pieces : new int[] {0, 1, 2, 7, 100, 1001})
                for (int chunk : new int[] {1, 3, 50}) {
                    var done = new AtomicIntegerArray(pieces);
                    for (int i = 0; i < 20; i++)
                        pool.run(
                                pieces,
                                chunk,
                                (worker, from, to) -> {
                                    assertThat(worker).isBetween(0, threads - 1);
                                    for (int p = from; p < to; p++) done.incrementAndGet(p);
                                });
                    for (int p = 0; p < pieces; p++) assertThat(done.get(p)).isEqualTo(20);
                }
        }
    }

    @Test
    void whatAJobWroteIsVisibleAfterwards() {
        try (var pool = new WorkerPool(3)) {
            var values = new int[1000];
            for (int round = 1; round <= 2000; round++) {
                pool.run(
                        values.length,
                        10,
                        (_, from, to) -> {
                            for (int i = from; i < to; i++) values[i]++;
                        });
                assertThat(values).containsOnly(round);
            }
        }
    }

    /// Both threads are inside at the same moment: each waits for the other.
    @Test
    void workersHelp() {
        try (var pool = new WorkerPool(2)) {
            var both = new CountDownLatch(2);
            var names = ConcurrentHashMap.<Integer>newKeySet();
            pool.run(
                    2,
                    1,
                    (worker, _, _) -> {
                        names.add(worker);
                        both.countDown();
                        try {
                            assertThat(both.await(30, TimeUnit.SECONDS)).isTrue();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    });
            assertThat(names).containsExactlyInAnyOrder(0, 1);
        }
    }

    @Test
    void whatAPieceThrowsIsThrownAndThePoolLivesOn() {
        try (var pool = new WorkerPool(2)) {
            for (int bad : new int[] {0, 50, 99})
                assertThatThrownBy(() ->
                                pool.run(
                                        100,
                                        1,
                                        (_, from, _) -> {
                                            if (from == bad)
                                                throw new IllegalStateException("no " + bad);
                                        }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("no " + bad);
            var count = new AtomicIntegerArray(1);
            pool.run(100, 1, (_, from, to) -> count.addAndGet(0, to - from));
            assertThat(count.get(0)).isEqualTo(100);
        }
    }

    /// Soon; on a busy machine later.
    @Test
    void anIdlePoolUsesNoProcessor() throws InterruptedException {
        try (var pool = new WorkerPool(3)) {
            pool.run(100, 1, (_, _, _) -> {});
            var bean = ManagementFactory.getThreadMXBean();
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 100 && used >= 5_000_000; i++) {
                long before = cpu(bean, pool);
                Thread.sleep(300);
                used = cpu(bean, pool) - before;
            }
            assertThat(used).isLessThan(5_000_000);
        }
    }

    private static long cpu(java.lang.management.ThreadMXBean bean, WorkerPool pool) {
        long sum = 0;
        for (Thread thread : pool.workers()) sum += bean.getThreadCpuTime(thread.threadId());
        return sum;
    }

    @Test
    void closingEndsTheThreads() {
        var pool = new WorkerPool(3);
        pool.run(10, 1, (_, _, _) -> {});
        pool.close();
        for (Thread thread : pool.workers()) assertThat(thread.isAlive()).isFalse();
        assertThatThrownBy(() -> pool.run(1, 1, (_, _, _) -> {}))
                .isInstanceOf(IllegalStateException.class);
        pool.close();
    }
}

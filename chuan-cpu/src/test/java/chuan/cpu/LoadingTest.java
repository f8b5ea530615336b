package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class LoadingTest {
    /// A stage is open when all of its pieces are done, and those of no later stage are waited for.
    @Test
    void stagesOpenInOrder() {
        try (var loading = new Loading(3)) {
            var lastMayRun = new CountDownLatch(1);
            var done = new AtomicInteger[] {new AtomicInteger(), new AtomicInteger()};
            loading.add(loading.last(), 5, () -> awaitQuietly(lastMayRun));
            for (int i = 0; i < 40; i++) {
                int stage = i % 2;
                loading.add(
                        stage,
                        1,
                        () -> {
                            LockSupport.parkNanos(100_000);
                            done[stage].getAndIncrement();
                        });
            }
            List<Long> seen = Collections.synchronizedList(new ArrayList<>());
            loading.start(
                    3,
                    (bytes, total) -> {
                        assertThat(total).isEqualTo(45);
                        seen.add(bytes);
                    });
            loading.await(0);
            assertThat(done[0]).hasValue(20);
            loading.await(1);
            assertThat(done[1]).hasValue(20);
            loading.await(2); // has no pieces
            assertThat(seen).doesNotContain(45L);
            lastMayRun.countDown();
            loading.awaitAll();
            assertThat(seen).isSorted().endsWith(45L);
            loading.await(0);
        }
    }

    /// A failure is thrown wherever somebody waits, and ends the progress.
    @Test
    void aFailureIsThrownToWhoeverWaits() {
        try (var loading = new Loading(2)) {
            loading.add(0, 1, () -> {});
            for (int i = 0; i < 9; i++)
                loading.add(
                        1,
                        1,
                        () -> {
                            throw new IllegalStateException("bad");
                        });
            List<Long> seen = Collections.synchronizedList(new ArrayList<>());
            loading.start(2, (bytes, _) -> seen.add(bytes));
            assertThatThrownBy(() -> loading.await(1)).hasMessage("bad");
            assertThatThrownBy(() -> loading.await(2)).hasMessage("bad");
            assertThatThrownBy(loading::awaitAll).hasMessage("bad");
            assertThat(seen).endsWith(10L);
        }
    }

    /// What has not begun is not done any more.
    @Test
    void closingEndsIt() {
        var count = new AtomicInteger();
        try (var loading = new Loading(1)) {
            for (int i = 0; i < 1000; i++)
                loading.add(
                        0,
                        1,
                        () -> {
                            LockSupport.parkNanos(1_000_000);
                            count.getAndIncrement();
                        });
            loading.start(2, LoadProgress.NONE);
        }
        int atClose = count.get();
        LockSupport.parkNanos(10_000_000);
        assertThat(count).hasValue(atClose);
        assertThat(atClose).isLessThan(1000);
    }

    @Test
    void nothingToDo() {
        Loading.NONE.awaitAll();
        try (var loading = new Loading(4)) {
            loading.start(2, LoadProgress.NONE);
            for (int stage = 0; stage <= loading.last(); stage++) loading.await(stage);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

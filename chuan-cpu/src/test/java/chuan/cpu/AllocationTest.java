package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.KernelSelector;
import chuan.model.Batch;
import chuan.model.KvType;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A warm back end allocates nothing: neither the caller nor a worker, neither for a token nor for
/// a prompt nor for several sequences. Compiled vector code keeps its vectors in registers; before
/// it is compiled they are objects, so the test first lets the compiler finish.
class AllocationTest {
    /// How long the compiler may take on a busy machine.
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    @ParameterizedTest
    @CsvSource({"scalar, F32", "scalar, INT8", "vector, F32", "vector, F16", "vector, INT8"})
    void aWarmBackendAllocatesNothing(String kernels, KvType kv) throws InterruptedException {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        int[] ids = GoldenModel.read("tiny-alibi").input(64).ids();
        var options = new CpuOptions(2, KernelSelector.forced(kernels), WeightType.AS_STORED, kv);
        try (var backend = CpuBackend.load(folder, options);
                var cache = backend.newCache(80);
                var other = backend.newCache(80)) {
            var logits = new float[2 * backend.config().vocab()];
            var batch = new Batch();
            long[] threads =
                    java.util.stream.LongStream.concat(
                                    java.util.stream.LongStream.of(
                                            Thread.currentThread().threadId()),
                                    Arrays.stream(backend.workers()).mapToLong(Thread::threadId))
                            .toArray();
            var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long[] before = new long[threads.length];
            long least = Long.MAX_VALUE;
            long end = System.nanoTime() + PATIENCE_NANOS;
            for (int round = 0; System.nanoTime() < end && least > 0; round++) {
                for (int i = 0; i < threads.length; i++)
                    before[i] = bean.getThreadAllocatedBytes(threads[i]);
                cache.truncate(0);
                backend.forward(cache, ids, 0, 40, 1, logits);
                for (int t = 40; t < 64; t++) backend.forward(cache, ids, t, t + 1, 1, logits);
                other.truncate(0);
                for (int t = 0; t < 60; t += 20)
                    backend.forward(
                            batch.clear()
                                    .add(other, ids, t, t + 20, 1)
                                    .add(cache, ids, t / 20, t / 20 + 1, 1),
                            logits);
                long sum = 0;
                for (int i = 0; i < threads.length; i++)
                    sum += bean.getThreadAllocatedBytes(threads[i]) - before[i];
                least = Math.min(least, sum - measuring(bean, threads));
                if (round > 20) Thread.sleep(5);
            }
            assertThat(least)
                    .as("bytes for a prompt of 40 tokens, 24 more, and three batches of two")
                    .isLessThanOrEqualTo(0);
        }
    }

    /// What asking costs the caller.
    private static long measuring(ThreadMXBean bean, long[] threads) {
        long before = bean.getThreadAllocatedBytes(threads[0]);
        for (long thread : threads) bean.getThreadAllocatedBytes(thread);
        return bean.getThreadAllocatedBytes(threads[0]) - before;
    }
}

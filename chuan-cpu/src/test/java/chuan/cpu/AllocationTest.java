package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.files.ModelFolder;
import chuan.golden.GoldenModel;
import chuan.kernel.FreshJvm;
import chuan.kernel.KernelSelector;
import chuan.kernel.Tiers;
import chuan.model.Batch;
import chuan.model.KvType;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A warm back end allocates nothing: neither the caller nor a worker, neither for a token nor for
/// a prompt nor for several sequences.
///
/// Compiled vector code keeps its vectors in registers; before it is compiled they are objects, so
/// the test lets the compiler finish. In about one process of three the compiler of JDK 25 leaves
/// some vectors objects for good, a few instructions here or there: it inlines before it knows all
/// types, and does not always come back (JDK-8302459, JDK-8382713). That is not ours to mend; so
/// vector code is watched in up to [#PROCESSES] processes, and one without a single byte shows that
/// nothing in our code asks for any.
class AllocationTest {
    private static final int PROCESSES = 8;

    /// How long this thread computes until the compiler must be done; what it waits on a busy
    /// machine does not count.
    private static final long PATIENCE_NANOS = 8_000_000_000L;

    private static final String NOTHING = "allocated nothing";

    @ParameterizedTest
    @EnumSource
    void scalarKernelsAllocateNothing(KvType kv) {
        assertThat(leastBytes("scalar", kv)).isZero();
    }

    /// Machine code with the Vector API beside it, and the Vector API alone.
    @ParameterizedTest
    @ValueSource(strings = {"emitted", "vector"})
    void vectorsNeedNotAllocate(String kernels) {
        Tiers.orSkip(kernels);
        var seen = new ArrayList<List<String>>();
        for (int i = 0; i < PROCESSES && (i == 0 || !seen.getLast().equals(List.of(NOTHING))); i++)
            seen.add(
                    FreshJvm.run(
                            AllocationTest.class,
                            List.of(
                                    "--add-modules=jdk.incubator.vector",
                                    "-Dchuan.kernels=" + kernels,
                                    "-Dchuan.root=" + System.getProperty("chuan.root"))));
        assertThat(seen.getLast()).as("what the processes said: %s", seen).containsExactly(NOTHING);
    }

    /// Says what the kernels of `-Dchuan.kernels` allocate.
    public static void main(String[] arguments) {
        for (KvType kv : KvType.values()) {
            long bytes = leastBytes(System.getProperty(KernelSelector.PROPERTY), kv);
            if (bytes > 0) {
                System.out.printf("keys and values %s: %,d bytes%n", kv, bytes);
                return;
            }
        }
        System.out.println(NOTHING);
    }

    /// Bytes that a prompt of 140 tokens, 24 more, and three batches of two sequences cost, when
    /// they cost least.
    private static long leastBytes(String kernels, KvType kv) {
        var folder = ModelFolder.open(GoldenModel.folder("tiny-alibi"));
        int[] ids = GoldenModel.read("tiny-alibi").input(300).ids();
        var options = new CpuOptions(2, KernelSelector.forced(kernels), WeightType.AS_STORED, kv);
        try (var backend = CpuBackend.load(folder, options);
                var cache = backend.newCache(200);
                var other = backend.newCache(200)) {
            var logits = new float[2 * backend.config().vocab()];
            var batch = new Batch();
            long[] threads =
                    LongStream.concat(
                                    LongStream.of(Thread.currentThread().threadId()),
                                    Arrays.stream(backend.workers()).mapToLong(Thread::threadId))
                            .toArray();
            var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long[] before = new long[threads.length];
            long least = Long.MAX_VALUE;
            long end = bean.getCurrentThreadCpuTime() + PATIENCE_NANOS;
            while (bean.getCurrentThreadCpuTime() < end && least > 0) {
                for (int i = 0; i < threads.length; i++)
                    before[i] = bean.getThreadAllocatedBytes(threads[i]);
                cache.truncate(0);
                backend.forward(cache, ids, 0, 140, 1, logits);
                for (int t = 140; t < 164; t++) backend.forward(cache, ids, t, t + 1, 1, logits);
                other.truncate(0);
                for (int t = 0; t < 3; t++)
                    backend.forward(
                            batch.clear()
                                    .add(other, ids, 50 * t, 50 * t + 50, 1)
                                    .add(cache, ids, t, t + 1, 1),
                            logits);
                long sum = 0;
                for (int i = 0; i < threads.length; i++)
                    sum += bean.getThreadAllocatedBytes(threads[i]) - before[i];
                least = Math.min(least, Math.max(0, sum - measuring(bean, threads)));
            }
            return least;
        }
    }

    /// What asking costs the caller.
    private static long measuring(ThreadMXBean bean, long[] threads) {
        long before = bean.getThreadAllocatedBytes(threads[0]);
        for (long thread : threads) bean.getThreadAllocatedBytes(thread);
        return bean.getThreadAllocatedBytes(threads[0]) - before;
    }
}

package chuan.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.autograd.AdamW;
import chuan.autograd.CpuTraining;
import chuan.autograd.GradientNorm;
import chuan.autograd.Parameters;
import chuan.kernel.BlockProduct;
import chuan.kernel.ScalarGemm;
import chuan.kernel.ScalarGradients;
import chuan.kernel.Tiers;
import chuan.kernel.TrainingKernels;
import chuan.model.ModelConfig;
import chuan.model.Position;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// A training step allocates nothing once its shape of batch is known: neither the caller nor a
/// worker, neither losses nor gradients nor the optimizer.
///
/// Passes over elements run as plain loops here. What the compiler leaves of vector objects is not
/// ours (see [AllocationTest]), and a step calls so many vector kernels that it nearly always
/// leaves some.
class TrainingAllocationTest {
    /// How long this thread computes until the compiler must be done; what it waits on a busy
    /// machine does not count.
    private static final long PATIENCE_NANOS = 4_000_000_000L;

    private static final int SEQUENCES = 2;
    private static final int TOKENS = 64;
    private static final int VOCAB = 96;
    private static final List<Position> POSITIONS =
            List.of(new Position.Alibi(), new Position.Rope(10_000));

    /// Of a step: a loss alone, a loss with gradients, the optimizer.
    private static final int PARTS = 3;

    @Test
    void scalarKernelsAllocateNothing() {
        for (var position : POSITIONS)
            assertThat(leastBytes(position, new ScalarGemm())).containsOnly(0);
    }

    /// The fastest products of this machine.
    @Test
    void machineCodeAllocatesNothing() {
        Tiers.orSkip("emitted");
        var kernels = TrainingKernels.select();
        for (String precision : List.of("fp32", "auto"))
            for (var position : POSITIONS)
                assertThat(leastBytes(position, kernels.products(precision)))
                        .as("%s, %s", precision, position)
                        .containsOnly(0);
    }

    /// Bytes that each part of a step costs when it costs least. Layers are run again.
    private static long[] leastBytes(Position position, BlockProduct products) {
        var config =
                new ModelConfig(
                        VOCAB, 64, 80, 2, 2, 1, 32, TOKENS, 1e-6f, position, false, true, 0);
        var gradients = new ScalarGradients();
        try (var pool = new WorkerPool(2);
                var parameters = new Parameters(config);
                var training =
                        new CpuTraining(config, parameters, true, products, gradients, pool);
                var optimizer =
                        new AdamW(parameters.all(), 0.9, 0.95, 1e-8, 0.1, gradients, pool)) {
            fill(parameters);
            var norm = new GradientNorm(parameters.all(), gradients, pool);
            int rows = SEQUENCES * TOKENS;
            int[] ids = new SplittableRandom(1).ints(rows, 0, VOCAB).toArray();
            int[] segments = new int[rows];
            int[] wanted = IntStream.range(0, rows).toArray();
            long[] threads =
                    LongStream.concat(
                                    LongStream.of(Thread.currentThread().threadId()),
                                    Arrays.stream(pool.workers()).mapToLong(Thread::threadId))
                            .toArray();
            var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            Runnable[] parts = {
                () -> training.loss(SEQUENCES, TOKENS, ids, segments, wanted, ids),
                () -> training.backward(SEQUENCES, TOKENS, ids, segments, wanted, ids, 1f / rows),
                () -> optimizer.step(1e-3, 1 / (1 + norm.measure()))
            };
            var least = new long[PARTS];
            Arrays.fill(least, Long.MAX_VALUE);
            long end = bean.getCurrentThreadCpuTime() + PATIENCE_NANOS;
            while (bean.getCurrentThreadCpuTime() < end && any(least))
                for (int part = 0; part < PARTS; part++)
                    least[part] = Math.min(least[part], bytes(parts[part], bean, threads));
            return least;
        }
    }

    private static boolean any(long[] bytes) {
        return Arrays.stream(bytes).anyMatch(count -> count > 0);
    }

    private static long bytes(Runnable part, ThreadMXBean bean, long[] threads) {
        long before = allocated(bean, threads);
        part.run();
        long after = allocated(bean, threads);
        return Math.max(0, after - before - measuring(bean, threads));
    }

    private static long allocated(ThreadMXBean bean, long[] threads) {
        long sum = 0;
        for (long thread : threads) sum += bean.getThreadAllocatedBytes(thread);
        return sum;
    }

    private static void fill(Parameters parameters) {
        var random = new SplittableRandom(2);
        for (var p : parameters.all()) {
            var values = new float[Math.toIntExact(p.count())];
            for (int i = 0; i < values.length; i++)
                values[i] = p.isMatrix() ? (float) random.nextGaussian() * 0.1f : 1;
            p.set(values);
        }
    }

    /// What asking costs the caller.
    private static long measuring(ThreadMXBean bean, long[] threads) {
        long before = allocated(bean, threads);
        return allocated(bean, threads) - before;
    }
}

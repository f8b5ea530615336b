package chuan.bench;

import chuan.kernel.KernelSelector;
import chuan.kernel.WeightFormat;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One thread's speed of a matrix product, per kernel, weight format and number of tokens, and the
/// share of this machine's own limit that it reaches: memory for one token, multiplying in
/// registers for many.
///
/// Run: `java -cp ... org.openjdk.jmh.Main KernelBench -p kernels=avx2`; the forks get the options
/// they need. See docs/dev/bench.md.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC"
        })
public class KernelBench {
    @Param({"emitted", "avx2", "vector", "scalar"})
    private String kernels = "vector";

    @Param({"F32", "BF16", "INT8", "Q4_K", "PANEL4", "PANEL8"})
    private WeightFormat format = WeightFormat.F32;

    @Param({"1", "64"})
    private int tokens = 1;

    private @Nullable KernelCase work;
    private double limit;

    /// JMH divides by the time.
    @AuxCounters
    @State(Scope.Thread)
    public static class Work {
        /// Multiply-adds for many tokens, bytes of weights for one, in 1e9.
        public double giga;

        /// Seconds that the limit would have taken: per second, the share of it that was reached.
        public double share;

        @Setup(Level.Iteration)
        public void reset() {
            giga = 0;
            share = 0;
        }
    }

    @Setup
    public void setup() {
        var made = new KernelCase(KernelSelector.forced(kernels).kernels(), format, tokens);
        limit = made.limit();
        work = made;
    }

    @Benchmark
    public int matmul(Work counters) {
        var ready = Objects.requireNonNull(work);
        int rows = ready.run();
        double done = rows * ready.workPerRow();
        counters.giga += 1e-9 * done;
        if (limit > 0) counters.share += done / limit;
        return rows;
    }
}

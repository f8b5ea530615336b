package chuan.bench;

import chuan.kernel.KernelSelector;
import chuan.kernel.Kernels;
import chuan.kernel.Matrix;
import chuan.kernel.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

/// One thread's speed of a matrix product, per kernel, weight format and number of tokens, beside a
/// plain streaming sum over the same weights: the machine's own limit in the same run. Checks the
/// kernel against the scalar one before it is timed.
///
/// Run: `java -cp ... org.openjdk.jmh.Main KernelBench`; the forks get the options they need.
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
    private static final int ROWS = 3424;
    private static final int COLUMNS = 1280;

    @Param({"vector", "scalar"})
    private String kernels = "";

    @Param({"F32", "BF16", "INT8", "Q4_0", "Q8_0", "Q4_K", "PANEL4", "PANEL8"})
    private WeightFormat format = WeightFormat.F32;

    @Param({"1", "64"})
    private int tokens;

    private Kernels chosen = KernelSelector.forced("scalar").kernels();
    private Matrix weight = matrix(WeightFormat.F32, 1, 1);
    private float[] x = {};
    private float[] y = {};
    private float[] scratch = {};

    /// Work per second: multiply-adds, and bytes of weights.
    @AuxCounters
    @State(Scope.Thread)
    public static class Work {
        /// Summed over the calls, in 1e9; JMH divides by the time.
        public double gigaMultiplyAdds;

        public double gigabytes;

        @Setup(Level.Iteration)
        public void reset() {
            gigaMultiplyAdds = 0;
            gigabytes = 0;
        }
    }

    @Setup
    public void setup() {
        chosen = KernelSelector.forced(kernels).kernels();
        var truth = KernelSelector.forced("scalar").kernels();
        weight = matrix(format, ROWS, COLUMNS);
        x = new float[tokens * COLUMNS];
        y = new float[tokens * ROWS];
        var random = new Random(1);
        for (int i = 0; i < x.length; i++) x[i] = (float) random.nextGaussian();
        int floats = Math.max(truth.scratchFloats(COLUMNS), chosen.scratchFloats(COLUMNS));
        scratch = new float[floats];
        var expected = new float[y.length];
        truth.matmul(weight, 0, 64, x, tokens, expected, scratch);
        chosen.matmul(weight, 0, 64, x, tokens, y, scratch);
        for (int i = 0; i < y.length; i++)
            if (y[i] != expected[i])
                throw new IllegalStateException(
                        "output %d is %s instead of %s".formatted(i, y[i], expected[i]));
    }

    @Benchmark
    public float[] matmul(Work work) {
        chosen.matmul(weight, 0, ROWS, x, tokens, y, scratch);
        work.gigaMultiplyAdds += 1e-9 * ROWS * COLUMNS * tokens;
        work.gigabytes += 1e-9 * weight.memory().byteSize();
        return y;
    }

    /// The limit: the same bytes, added up.
    @Benchmark
    public long stream(Work work) {
        MemorySegment memory = weight.memory();
        long n = memory.byteSize() / Long.BYTES;
        long a = 0;
        long b = 0;
        for (long i = 0; i + 1 < n; i += 2) {
            a += memory.getAtIndex(ValueLayout.JAVA_LONG, i);
            b += memory.getAtIndex(ValueLayout.JAVA_LONG, i + 1);
        }
        work.gigabytes += 1e-9 * memory.byteSize();
        return a + b;
    }

    private static Matrix matrix(WeightFormat format, int rows, int columns) {
        var memory = Arena.ofAuto().allocate(format.matrixBytes(rows, columns), 64);
        var random = new Random(2);
        if (!format.isPlain()) {
            // any codes, and scales that are no infinity: the highest bits of an exponent are not
            // set
            for (long i = 0; i < memory.byteSize(); i++)
                memory.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(0x40));
            return new Matrix(format, rows, columns, memory, new float[0]);
        }
        for (long i = 0; i < (long) rows * columns; i++) {
            float value = (float) random.nextGaussian();
            switch (format) {
                case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
                case BF16 ->
                        memory.setAtIndex(
                                ValueLayout.JAVA_SHORT,
                                i,
                                (short) (Float.floatToRawIntBits(value) >>> 16));
                case F16 ->
                        memory.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
                case INT8 ->
                        memory.set(ValueLayout.JAVA_BYTE, i, (byte) (random.nextInt(255) - 127));
                case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 ->
                        throw new IllegalStateException("made above");
            }
        }
        var scales = new float[format == WeightFormat.INT8 ? rows : 0];
        Arrays.fill(scales, 0.01f);
        return new Matrix(format, rows, columns, memory, scales);
    }
}

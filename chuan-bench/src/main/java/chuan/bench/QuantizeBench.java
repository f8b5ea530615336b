package chuan.bench;

import chuan.files.DType;
import chuan.files.TensorData;
import chuan.quant.BlockScheme;
import chuan.quant.ErrorSum;
import chuan.quant.MatrixQuantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One thread's speed of quantizing a bf16 matrix of a 13B's width, in megabytes of input a second.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+UseSerialGC"})
public class QuantizeBench {
    private static final int ROWS = 256;
    private static final int COLUMNS = 5120;
    private static final long SEED = 1;

    @Param({"INT4", "INT8", "Q4_0", "Q8_0"})
    private BlockScheme scheme = BlockScheme.INT4;

    private TensorData input = matrix();
    private MemorySegment output = MemorySegment.NULL;

    /// Megabytes of input.
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Megabytes {
        public double inputMB;
    }

    @Setup
    public void prepare() {
        input = matrix();
        output = Arena.ofAuto().allocate(quantizer().bytes(ROWS));
    }

    @Benchmark
    public MemorySegment quantize(Megabytes counter) {
        quantizer().quantize(input::copyTo, 0, ROWS, output, new ErrorSum());
        counter.inputMB += input.data().byteSize() / 1e6;
        return output;
    }

    private MatrixQuantizer quantizer() {
        return new MatrixQuantizer(scheme, COLUMNS, new float[0]);
    }

    private static TensorData matrix() {
        long[] shape = {ROWS, COLUMNS};
        var data = Arena.ofAuto().allocate(DType.BF16.byteCount(shape));
        var random = new Random(SEED);
        for (long i = 0; i < (long) ROWS * COLUMNS; i++)
            data.setAtIndex(
                    ValueLayout.JAVA_SHORT,
                    i,
                    DType.toBf16((float) (0.02 * random.nextGaussian())));
        return new TensorData("synthetic", DType.BF16, shape, data, Path.of("memory"), 0);
    }
}

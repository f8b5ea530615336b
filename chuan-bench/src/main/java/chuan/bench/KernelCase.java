package chuan.bench;

import chuan.files.DType;
import chuan.kernel.KernelSelector;
import chuan.kernel.Kernels;
import chuan.kernel.Matrix;
import chuan.kernel.QuantizedRows;
import chuan.kernel.WeightFormat;
import chuan.measure.LimitChoice;
import chuan.measure.MachineLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/// A matrix product as a worker thread of the engine does it: a few rows of a large matrix at a
/// time, times one or many tokens. With one token the rows come from memory, out of more copies
/// than a cache holds; with many, what counts is multiplying.
///
/// Checked against scalar kernels before it is timed.
final class KernelCase {
    /// The MLP of Baichuan-13B.
    static final int ROWS = 13_696;

    static final int COLUMNS = 5120;

    /// Rows of a call.
    private static final int CHUNK = 128;

    private static final long COPIES_BYTES = 1L << 29;
    private static final Kernels TRUTH = KernelSelector.forced("scalar").kernels();

    private final Kernels kernels;
    private final WeightFormat format;
    private final int tokens;
    private final Matrix[] copies;
    private final float[] x;
    private final float[] y;
    private final float[] scratch;
    private final QuantizedRows rows = new QuantizedRows();
    private int copy;
    private int row;

    /// @throws IllegalStateException if the kernels compute something else than scalar ones
    KernelCase(Kernels kernels, WeightFormat format, int tokens) {
        this.kernels = kernels;
        this.format = format;
        this.tokens = tokens;
        var first = matrix(format);
        long bytes = first.memory().byteSize();
        copies = new Matrix[tokens == 1 ? Math.toIntExact(Math.ceilDiv(COPIES_BYTES, bytes)) : 1];
        copies[0] = first;
        for (int i = 1; i < copies.length; i++) copies[i] = copyOf(first);
        x = new float[tokens * COLUMNS];
        var random = new Random(1);
        for (int i = 0; i < x.length; i++) x[i] = (float) random.nextGaussian();
        y = new float[tokens * ROWS];
        scratch = new float[Math.max(TRUTH.scratchFloats(COLUMNS), kernels.scratchFloats(COLUMNS))];
        check();
    }

    private void check() {
        var expected = new float[y.length];
        var truth = new QuantizedRows();
        quantize(TRUTH, truth);
        multiply(TRUTH, copies[0], 0, truth, expected);
        quantize(kernels, rows);
        multiply(kernels, copies[0], 0, rows, y);
        for (int i = 0; i < y.length; i++)
            if (y[i] != expected[i])
                throw new IllegalStateException(
                        "%s, %s: output %d is %s instead of %s"
                                .formatted(kernels.name(), format, i, y[i], expected[i]));
    }

    private void quantize(Kernels by, QuantizedRows out) {
        if (!format.isPanels()) return;
        by.prepare(tokens, COLUMNS, out);
        by.quantize(x, 0, tokens, format, out);
    }

    private void multiply(Kernels by, Matrix w, int from, QuantizedRows quantized, float[] out) {
        int to = Math.min(ROWS, from + CHUNK);
        if (format.isPanels()) by.matmul(w, from, to, quantized, out, scratch);
        else by.matmul(w, from, to, x, tokens, out, scratch);
    }

    /// One call.
    ///
    /// @return rows done
    int run() {
        multiply(kernels, copies[copy], row, rows, y);
        int done = Math.min(ROWS, row + CHUNK) - row;
        row += done;
        if (row == ROWS) {
            row = 0;
            copy = (copy + 1) % copies.length;
        }
        return done;
    }

    /// What a row costs: bytes read with one token, else multiply-adds.
    double workPerRow() {
        return tokens == 1
                ? (double) copies[0].memory().byteSize() / ROWS
                : (double) COLUMNS * tokens;
    }

    /// What one thread can do of that a second, measured now.
    double limit() {
        var loop = tokens == 1 ? null : LimitChoice.of(kernels.name(), dtype(), format.isPanels());
        var limits = MachineLimits.measure(1, loop);
        return tokens == 1 ? limits.readBytes() : limits.multiplyAdds();
    }

    private DType dtype() {
        return format == WeightFormat.INT8 ? DType.I8 : DType.valueOf(format.name());
    }

    private static Matrix copyOf(Matrix m) {
        var memory = Arena.ofAuto().allocate(m.memory().byteSize(), 64).copyFrom(m.memory());
        return new Matrix(m.format(), m.rows(), m.columns(), memory, m.scales());
    }

    private static Matrix matrix(WeightFormat format) {
        var memory = Arena.ofAuto().allocate(format.matrixBytes(ROWS, COLUMNS), 64);
        fill(format, memory);
        var scales = new float[format == WeightFormat.INT8 ? ROWS : 0];
        Arrays.fill(scales, 0.01f);
        return new Matrix(format, ROWS, COLUMNS, memory, scales);
    }

    /// Bytes that mean finite numbers wherever they stand: the highest bits of an exponent are not
    /// set. Those of fp32 and bf16 are made of numbers.
    private static void fill(WeightFormat format, MemorySegment memory) {
        var random = new Random(2);
        switch (format) {
            case F32 -> {
                for (long i = 0; i < memory.byteSize() / Float.BYTES; i++)
                    memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
            }
            case BF16 -> {
                for (long i = 0; i < memory.byteSize() / Short.BYTES; i++)
                    memory.setAtIndex(
                            ValueLayout.JAVA_SHORT,
                            i,
                            DType.toBf16((float) random.nextDouble(-1, 1)));
            }
            case F16, INT8, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, PANEL4, PANEL8 -> {
                for (long i = 0; i < memory.byteSize() / Long.BYTES; i++)
                    memory.setAtIndex(
                            ValueLayout.JAVA_LONG, i, random.nextLong() & 0x3f3f_3f3f_3f3f_3f3fL);
            }
        }
    }
}

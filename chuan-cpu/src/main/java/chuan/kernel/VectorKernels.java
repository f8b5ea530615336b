package chuan.kernel;

import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;

import jdk.incubator.vector.FloatVector;

/// The kernels on the JDK's Vector API; the same bits as [ScalarKernels] at every register width.
///
/// The compiler keeps vectors in registers only inside methods of moderate size (about 40 vector
/// operations), and boxes them, many times slower and without a word, wherever it does not inline a
/// call. Hence one small method per loop, helpers of a few operations at most, and partial sums
/// that leave a loop through memory.
public final class VectorKernels implements Kernels {
    private final ScalarKernels scalar = new ScalarKernels();

    @Override
    public String name() {
        return "vector";
    }

    /// Bits of a register; less than 128 where the JVM has no use for vectors.
    static int bits() {
        return Math.min(F.vectorBitSize(), Registers.OFFERED_BITS);
    }

    @Override
    public int scratchFloats(int columns) {
        return VectorMatmul.scratchFloats(columns);
    }

    @Override
    public void matmul(
            Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        VectorMatmul.matmul(w, from, to, x, tokens, y, scratch);
    }

    @Override
    public void prepare(int tokens, int columns, QuantizedRows out) {
        out.shape(tokens, columns);
    }

    @Override
    public void quantize(float[] x, int from, int to, WeightFormat format, QuantizedRows out) {
        VectorPanels.quantize(x, from, to, out);
    }

    @Override
    public void matmul(Matrix w, int from, int to, QuantizedRows x, float[] y, float[] scratch) {
        VectorPanels.matmul(w, from, to, x.codes(), x.scales(), x.tokens(), y, scratch);
    }

    @Override
    public void widen(Matrix w, int row, float[] out, int at) {
        VectorMatmul.widen(w, row, out, at);
    }

    @Override
    public void rmsNorm(
            float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch) {
        int whole = n & -LANES;
        for (int lane = 0; lane < LANES; lane += LENGTH) {
            var sum = FloatVector.zero(F);
            for (int k = lane; k < whole; k += LANES) {
                var v = FloatVector.fromArray(F, x, at + k);
                sum = v.fma(v, sum);
            }
            sum.intoArray(scratch, lane);
        }
        for (int k = whole; k < n; k++)
            scratch[k % LANES] = Math.fma(x[at + k], x[at + k], scratch[k % LANES]);
        float scale = ScalarKernels.rmsScale(Kernels.fold(scratch, 0), n, eps);
        for (int k = 0; k < whole; k += LENGTH)
            FloatVector.fromArray(F, x, at + k)
                    .mul(scale)
                    .mul(FloatVector.fromArray(F, gain, k))
                    .intoArray(out, at + k);
        for (int k = whole; k < n; k++) out[at + k] = x[at + k] * scale * gain[k];
    }

    @Override
    public void add(float[] x, float[] y, int from, int to) {
        int i = from;
        for (; i <= to - LENGTH; i += LENGTH)
            FloatVector.fromArray(F, x, i).add(FloatVector.fromArray(F, y, i)).intoArray(x, i);
        scalar.add(x, y, i, to);
    }

    @Override
    public void siluTimes(float[] gate, float[] up, int from, int to) {
        int i = from;
        for (; i <= to - LENGTH; i += LENGTH) {
            var g = FloatVector.fromArray(F, gate, i);
            g.div(VectorExponential.exp(g.neg()).add(1))
                    .mul(FloatVector.fromArray(F, up, i))
                    .intoArray(gate, i);
        }
        scalar.siluTimes(gate, up, i, to);
    }

    @Override
    public void scoresTile(
            long q,
            int queries,
            KvFormat format,
            long keys,
            long scales,
            int dim,
            int n,
            long out,
            long scratch) {
        if (queries > 1) VectorTiles.scores(q, queries, format, keys, scales, dim, n, out, scratch);
        else if (format == KvFormat.INT8 && !Registers.HAS_INT8)
            scalar.scoresTile(q, queries, format, keys, scales, dim, n, out, scratch);
        else VectorAttention.scores(q, format, keys, scales, dim, n, out);
    }

    @Override
    public float softmaxPage(
            long scores,
            int n,
            float scale,
            float slope,
            int last,
            float[] state,
            int at,
            float[] sums) {
        return VectorTiles.softmaxPage(scores, n, scale, slope, last, state, at, sums);
    }

    @Override
    public void multiply(long x, int n, float factor) {
        int i = 0;
        for (; i <= n - LENGTH; i += LENGTH) {
            long address = x + (long) Float.BYTES * i;
            Registers.put(Registers.f32(address).mul(factor), address);
        }
        ScalarAttention.multiply(x, i, n, factor);
    }

    @Override
    public void addWeightedTile(
            long weights,
            int queries,
            int n,
            KvFormat format,
            long values,
            long scales,
            int dim,
            long out,
            long scratch) {
        ScalarAttention.timesScales(weights, queries, n, format, scales);
        if (queries > 1)
            VectorTiles.addWeighted(weights, queries, n, format, values, dim, out, scratch);
        else if (format == KvFormat.INT8 && !Registers.HAS_INT8)
            ScalarAttention.addColumns(weights, queries, n, format, values, dim, 0, out);
        else VectorAttention.addWeighted(weights, n, format, values, dim, out);
    }
}

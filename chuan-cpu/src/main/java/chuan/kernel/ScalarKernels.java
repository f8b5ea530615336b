package chuan.kernel;

import java.util.Arrays;

/// The truth: plain loops that say what each kernel computes. Runs everywhere.
public final class ScalarKernels implements Kernels {

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public int scratchFloats(int columns) {
        return Math.addExact(columns, LANES);
    }

    @Override
    public void matmul(
            Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        if (w.format().panels() != null) {
            ScalarPanels.matmul(w, from, to, x, null, tokens, y, scratch);
            return;
        }
        int columns = w.columns();
        for (int r = from; r < to; r++) {
            widen(w, r, scratch, 0);
            for (int t = 0; t < tokens; t++) {
                float sum = dot(x, t * columns, scratch, columns);
                y[t * w.rows() + r] = w.format() == WeightFormat.INT8 ? sum * w.scales()[r] : sum;
            }
        }
    }

    @Override
    public void prepare(int tokens, int columns, QuantizedRows out) {
        out.shape(tokens, columns);
    }

    @Override
    public void quantize(float[] x, int from, int to, WeightFormat format, QuantizedRows out) {
        ScalarPanels.quantize(x, from, to, out);
    }

    @Override
    public void matmul(Matrix w, int from, int to, QuantizedRows x, float[] y, float[] scratch) {
        ScalarPanels.matmul(w, from, to, x.codes(), x.scales(), x.tokens(), y, scratch);
    }

    /// `x . w`; `w` lies at the start of `scratch`, the partial sums behind it.
    private static float dot(float[] x, int xAt, float[] scratch, int n) {
        Arrays.fill(scratch, n, n + LANES, 0);
        for (int k = 0; k < n; k++) {
            int lane = n + k % LANES;
            scratch[lane] = Math.fma(x[xAt + k], scratch[k], scratch[lane]);
        }
        return Kernels.fold(scratch, n);
    }

    @Override
    public void widen(Matrix w, int row, float[] out, int at) {
        long address = w.address(row);
        var panels = w.format().panels();
        if (panels != null) {
            panels.decode(w.memory(), w.columns(), row, 0, out, at, w.columns());
            return;
        }
        var block = w.format().block();
        if (block != null) {
            for (int k = 0; k < w.columns(); k += block.elements(), address += block.bytes())
                block.decodeBlock(Memory.ALL, address, out, at + k);
            return;
        }
        int bytes = w.format().bytes();
        for (int k = 0; k < w.columns(); k++)
            out[at + k] = Memory.element(w.format(), address + (long) k * bytes);
    }

    @Override
    public void rmsNorm(
            float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch) {
        Arrays.fill(scratch, 0, LANES, 0);
        for (int k = 0; k < n; k++)
            scratch[k % LANES] = Math.fma(x[at + k], x[at + k], scratch[k % LANES]);
        float scale = rmsScale(Kernels.fold(scratch, 0), n, eps);
        for (int k = 0; k < n; k++) out[at + k] = x[at + k] * scale * gain[k];
    }

    static float rmsScale(float sumOfSquares, int n, float eps) {
        return (float) (1 / Math.sqrt(sumOfSquares / n + eps));
    }

    @Override
    public void add(float[] x, float[] y, int from, int to) {
        for (int i = from; i < to; i++) x[i] += y[i];
    }

    @Override
    public void siluTimes(float[] gate, float[] up, int from, int to) {
        for (int i = from; i < to; i++) gate[i] = gate[i] / (1 + Exponential.exp(-gate[i])) * up[i];
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
        ScalarAttention.scoresTile(q, queries, format, keys, scales, dim, n, out);
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
        return ScalarAttention.softmaxPage(scores, n, scale, slope, last, state, at, sums);
    }

    @Override
    public void multiply(long x, int n, float factor) {
        ScalarAttention.multiply(x, 0, n, factor);
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
        ScalarAttention.addWeightedTile(weights, queries, n, format, values, scales, dim, out);
    }
}

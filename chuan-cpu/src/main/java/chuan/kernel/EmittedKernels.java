package chuan.kernel;

import chuan.asm.MachineCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Machine code, made when the process starts for the processor it finds, for what the compiler
/// does not make fast: products of weights in panels with quantized activations, of weights in
/// rows, and of queries with pages of keys and values; and for the loops over elements, which must
/// be fast from the first call on. All else is left to other kernels. The same bits as
/// [ScalarKernels].
public final class EmittedKernels implements Kernels {
    private final InstructionSet set;
    private final EmittedPanels panels;
    private final EmittedRows rows;
    private final EmittedAttention attention;
    private final EmittedElements elements;
    private final Kernels others;

    EmittedKernels(InstructionSet set, EmittedPanels panels, Kernels others) {
        this.set = set;
        this.panels = panels;
        rows = new EmittedRows(others, set.bits());
        attention = new EmittedAttention(set.bits(), others);
        elements = new EmittedElements(others);
        this.others = others;
    }

    @Override
    public String name() {
        return set.id();
    }

    /// Every function, for listings.
    public List<MachineCode> functions() {
        var functions = new ArrayList<>(panels.functions());
        for (var function : rows.functions()) functions.add(function.code());
        for (var function : attention.functions()) functions.add(function.code());
        for (var function : elements.functions()) functions.add(function.code());
        return functions;
    }

    @Override
    public int scratchFloats(int columns) {
        return Math.max(others.scratchFloats(columns), EmittedRows.scratchFloats(columns));
    }

    @Override
    public void matmul(
            Matrix w, int from, int to, float[] x, int tokens, float[] y, float[] scratch) {
        rows.matmul(w, from, to, x, tokens, y, scratch);
    }

    @Override
    public void prepare(int tokens, int columns, QuantizedRows out) {
        panels.prepare(tokens, columns, out.packed());
    }

    @Override
    public void quantize(float[] x, int from, int to, WeightFormat format, QuantizedRows out) {
        var layout = Objects.requireNonNull(format.panels());
        panels.quantize(x, from, to, layout, out.packed());
    }

    @Override
    public void matmul(Matrix w, int from, int to, QuantizedRows x, float[] y, float[] scratch) {
        panels.matmul(w, from, to, x.packed(), y);
    }

    @Override
    public boolean arranges(Matrix w, int tokens) {
        return rows.arranges(w, tokens);
    }

    @Override
    public void prepare(int tokens, int columns, TiledRows out) {
        rows.wide().prepare(tokens, columns, out);
    }

    @Override
    public void arrange(float[] x, int from, int to, TiledRows out) {
        rows.wide().arrange(x, from, to, out);
    }

    @Override
    public void matmul(Matrix w, int from, int to, TiledRows x, float[] y, float[] scratch) {
        rows.matmul(w, from, to, x, y, scratch);
    }

    @Override
    public void widen(Matrix w, int row, float[] out, int at) {
        others.widen(w, row, out, at);
    }

    @Override
    public void rmsNorm(
            float[] x, int at, int n, float[] gain, float eps, float[] out, float[] scratch) {
        elements.rmsNorm(x, at, n, gain, eps, out, scratch);
    }

    @Override
    public void add(float[] x, float[] y, int from, int to) {
        elements.add(x, y, from, to);
    }

    @Override
    public void siluTimes(float[] gate, float[] up, int from, int to) {
        elements.siluTimes(gate, up, from, to);
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
        if (EmittedAttention.fits(dim))
            attention.scores(q, queries, format, keys, scales, dim, n, out, scratch);
        else others.scoresTile(q, queries, format, keys, scales, dim, n, out, scratch);
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
        return elements.softmaxPage(scores, n, scale, slope, last, state, at, sums);
    }

    @Override
    public void multiply(long x, int n, float factor) {
        elements.multiply(x, n, factor);
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
        if (EmittedAttention.fits(dim))
            attention.addWeighted(weights, queries, n, format, values, scales, dim, out, scratch);
        else others.addWeightedTile(weights, queries, n, format, values, scales, dim, out, scratch);
    }
}

package chuan.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The executable specification: plain loops, one sequence, fp32 values with fp64 sums. Keeps its
/// own cache, so calling it with the pieces of a text in turn is the same as calling it once. One
/// thread at a time.
public final class ReferenceOps implements Ops<float[][], float[][]> {
    private final ModelConfig c;

    /// Per layer, per position: key then value, `[2 * kvWidth]`; keys after rotation.
    private final List<List<float[]>> cache = new ArrayList<>();

    public ReferenceOps(ModelConfig c) {
        this.c = c;
        for (int i = 0; i < c.layers(); i++) cache.add(new ArrayList<>());
    }

    /// Positions held by the cache.
    public int length() {
        return cache.getFirst().size();
    }

    /// What a layer remembers of a position: key, after rotation, then value, `[2 * kvWidth]`.
    float[] cached(int layer, int position) {
        return cache.get(layer).get(position);
    }

    /// Forgets all positions from `length` on.
    public void truncate(int length) {
        for (var layer : cache)
            if (layer.size() > length) layer.subList(length, layer.size()).clear();
    }

    /// Begins with the first `length` positions of another.
    void adopt(ReferenceOps other, int length) {
        for (int i = 0; i < cache.size(); i++)
            cache.get(i).addAll(other.cache.get(i).subList(0, length));
    }

    @Override
    public float[][] embed(float[][] table, int[] ids) {
        var out = new float[ids.length][];
        for (int i = 0; i < ids.length; i++) out[i] = table[ids[i]].clone();
        return out;
    }

    @Override
    public float[][] rmsNorm(float[][] x, float[][] gain, float eps) {
        var out = new float[x.length][];
        for (int r = 0; r < x.length; r++) {
            out[r] = new float[x[r].length];
            double sum = 0;
            for (float v : x[r]) sum += (double) v * v;
            double scale = 1 / Math.sqrt(sum / x[r].length + eps);
            for (int i = 0; i < x[r].length; i++)
                out[r][i] = (float) (x[r][i] * scale) * gain[0][i];
        }
        return out;
    }

    @Override
    public float[][] linear(float[][] x, float[][] w) {
        var out = new float[x.length][w.length];
        for (int r = 0; r < x.length; r++)
            for (int o = 0; o < w.length; o++)
                out[r][o] = (float) dot(x[r], 0, w[o], 0, w[o].length);
        return out;
    }

    @Override
    public float[][] attend(int layer, float[][] qkv) {
        var past = cache.get(layer);
        var out = new float[qkv.length][c.queryWidth()];
        for (int r = 0; r < qkv.length; r++) {
            int position = past.size();
            float[] q = Arrays.copyOf(qkv[r], c.queryWidth());
            float[] kv = Arrays.copyOfRange(qkv[r], c.queryWidth(), c.qkvWidth());
            double[] frequencies = c.position().frequencies(c.headDim());
            rotate(q, c.heads(), position, frequencies);
            rotate(kv, c.kvHeads(), position, frequencies);
            past.add(kv);
            for (int head = 0; head < c.heads(); head++) attendHead(head, q, past, out[r]);
        }
        return out;
    }

    private void attendHead(int head, float[] q, List<float[]> past, float[] out) {
        int d = c.headDim();
        int position = past.size() - 1;
        int key = head / (c.heads() / c.kvHeads()) * d;
        int value = c.kvWidth() + key;
        var weight = new double[past.size()];
        double max = Double.NEGATIVE_INFINITY;
        for (int t = 0; t <= position; t++) {
            weight[t] =
                    dot(q, head * d, past.get(t), key, d) / Math.sqrt(d) + bias(head, t - position);
            max = Math.max(max, weight[t]);
        }
        double total = 0;
        for (int t = 0; t <= position; t++) {
            weight[t] = Math.exp(weight[t] - max);
            total += weight[t];
        }
        for (int i = 0; i < d; i++) {
            double sum = 0;
            for (int t = 0; t <= position; t++) sum += weight[t] * past.get(t)[value + i];
            out[head * d + i] = (float) (sum / total);
        }
    }

    private double bias(int head, int distance) {
        return c.position().slope(head, c.heads()) * distance;
    }

    /// Turns the first `heads` heads of `x` in place; not at all without frequencies.
    private void rotate(float[] x, int heads, int position, double[] frequencies) {
        int d = c.headDim();
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < frequencies.length; i++) {
                double angle = position * frequencies[i];
                double cos = Math.cos(angle);
                double sin = Math.sin(angle);
                int low = h * d + i;
                int high = low + d / 2;
                float u = x[low];
                float v = x[high];
                x[low] = (float) (u * cos - v * sin);
                x[high] = (float) (v * cos + u * sin);
            }
        }
    }

    @Override
    public float[][] swiglu(float[][] x, float[][] gate, float[][] up) {
        var g = linear(x, gate);
        var u = linear(x, up);
        for (int r = 0; r < g.length; r++)
            for (int i = 0; i < g[r].length; i++)
                g[r][i] = (float) (g[r][i] / (1 + Math.exp(-g[r][i]))) * u[r][i];
        return g;
    }

    @Override
    public float[][] add(float[][] x, float[][] y) {
        for (int r = 0; r < x.length; r++) for (int i = 0; i < x[r].length; i++) x[r][i] += y[r][i];
        return x;
    }

    @Override
    public float[][] rows(float[][] x, int[] which) {
        return Arrays.stream(which).mapToObj(i -> x[i].clone()).toArray(float[][]::new);
    }

    private static double dot(float[] a, int aFrom, float[] b, int bFrom, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += (double) a[aFrom + i] * b[bFrom + i];
        return sum;
    }
}

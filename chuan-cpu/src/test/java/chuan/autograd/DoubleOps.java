package chuan.autograd;

import chuan.model.ModelConfig;
import chuan.model.Ops;
import java.util.List;

/// The seven verbs in double precision, for derivatives by finite differences. Plain loops over a
/// batch without a cache, where `starts` says with which position of its row a document begins.
record DoubleOps(ModelConfig config, int tokens, int[] starts, int[] ids, int[] wanted)
        implements Ops<double[][], double[][]> {

    @Override
    public double[][] embed(double[][] table, int[] none) {
        var out = new double[ids.length][];
        for (int i = 0; i < ids.length; i++) out[i] = table[ids[i]].clone();
        return out;
    }

    @Override
    public double[][] rmsNorm(double[][] x, double[][] gain, float eps) {
        var out = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            double squares = 0;
            for (double v : x[i]) squares += v * v;
            double scale = 1 / Math.sqrt(squares / x[i].length + eps);
            out[i] = new double[x[i].length];
            for (int k = 0; k < x[i].length; k++) out[i][k] = x[i][k] * scale * gain[0][k];
        }
        return out;
    }

    @Override
    public double[][] linear(double[][] x, double[][] w) {
        var out = new double[x.length][w.length];
        for (int i = 0; i < x.length; i++)
            for (int o = 0; o < w.length; o++)
                for (int k = 0; k < x[i].length; k++) out[i][o] += x[i][k] * w[o][k];
        return out;
    }

    @Override
    public double[][] attend(int layer, double[][] qkv) {
        int dim = config.headDim();
        int group = config.heads() / config.kvHeads();
        var out = new double[qkv.length][config.queryWidth()];
        for (int row = 0; row < qkv.length; row++)
            for (int head = 0; head < config.heads(); head++) {
                int first = row / tokens * tokens + starts[row];
                int key = config.heads() + head / group;
                var query = turned(qkv[row], head, row % tokens);
                var weights = new double[row - first + 1];
                double sum = 0;
                for (int t = first; t <= row; t++) {
                    var k = turned(qkv[t], key, t % tokens);
                    double score = 0;
                    for (int i = 0; i < dim; i++) score += query[i] * k[i];
                    double slope = config.position().slope(head, config.heads());
                    weights[t - first] = Math.exp(score / Math.sqrt(dim) + slope * (t - row));
                    sum += weights[t - first];
                }
                int value = (key + config.kvHeads()) * dim;
                for (int t = first; t <= row; t++)
                    for (int i = 0; i < dim; i++)
                        out[row][head * dim + i] += weights[t - first] / sum * qkv[t][value + i];
            }
        return out;
    }

    private double[] turned(double[] row, int head, int position) {
        int dim = config.headDim();
        var out = java.util.Arrays.copyOfRange(row, head * dim, (head + 1) * dim);
        double[] frequencies = config.position().frequencies(dim);
        int half = frequencies.length;
        for (int i = 0; i < half; i++) {
            double c = Math.cos(position * frequencies[i]);
            double s = Math.sin(position * frequencies[i]);
            double x = out[i];
            double y = out[i + half];
            out[i] = x * c - y * s;
            out[i + half] = y * c + x * s;
        }
        return out;
    }

    @Override
    public double[][] swiglu(double[][] x, double[][] gate, double[][] up) {
        var g = linear(x, gate);
        var u = linear(x, up);
        for (int i = 0; i < g.length; i++)
            for (int k = 0; k < g[i].length; k++) g[i][k] *= u[i][k] / (1 + Math.exp(-g[i][k]));
        return g;
    }

    @Override
    public double[][] add(double[][] x, double[][] y) {
        var out = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i].clone();
            for (int k = 0; k < out[i].length; k++) out[i][k] += y[i][k];
        }
        return out;
    }

    @Override
    public double[][] rows(double[][] x, int[] none) {
        var out = new double[wanted.length][];
        for (int i = 0; i < wanted.length; i++) out[i] = x[wanted[i]];
        return out;
    }

    /// Sum of cross entropies.
    static double loss(double[][] logits, List<Integer> labels) {
        double loss = 0;
        for (int i = 0; i < logits.length; i++) {
            double sum = 0;
            for (double x : logits[i]) sum += Math.exp(x);
            loss += Math.log(sum) - logits[i][labels.get(i)];
        }
        return loss;
    }
}

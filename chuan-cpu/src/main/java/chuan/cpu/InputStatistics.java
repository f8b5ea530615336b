package chuan.cpu;

import chuan.model.ModelConfig;
import chuan.model.Ops;
import chuan.model.Weights;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/// Sums of squares of what enters each matrix of a model while it reads text: what a quantizer
/// needs to know which columns matter. See [CpuBackend#observe]. One thread.
public final class InputStatistics {
    private final Map<CpuWeight, String> names = new IdentityHashMap<>();
    private final Map<String, double[]> sums = new HashMap<>();
    private final Map<String, Long> rows = new HashMap<>();

    InputStatistics(ModelConfig config, Weights<CpuWeight> weights) {
        Weights<String> named = Weights.of(config, (name, _) -> name);
        for (int i = 0; i < weights.blocks().size(); i++) {
            var block = weights.blocks().get(i);
            var name = named.blocks().get(i);
            names.put(block.qkv(), name.qkv());
            names.put(block.attentionOut(), name.attentionOut());
            names.put(block.gate(), name.gate());
            names.put(block.up(), name.up());
            names.put(block.down(), name.down());
        }
        names.put(weights.output(), named.output());
    }

    /// Per matrix, by its official name, the mean square of each input column over all rows seen.
    public Map<String, double[]> meanSquares() {
        var means = new HashMap<String, double[]>();
        sums.forEach((name, sum) -> {
            var mean = sum.clone();
            long n = rows.getOrDefault(name, 1L);
            for (int k = 0; k < mean.length; k++) mean[k] /= n;
            means.put(name, mean);
        });
        return means;
    }

    private void see(Activation x, CpuWeight w) {
        String name = names.get(w);
        if (name == null) throw new IllegalArgumentException("a weight of another model");
        double[] sum = sums.computeIfAbsent(name, _ -> new double[x.width()]);
        for (int r = 0; r < x.rows(); r++) {
            int at = r * x.width();
            for (int k = 0; k < sum.length; k++)
                sum[k] += (double) x.data()[at + k] * x.data()[at + k];
        }
        rows.merge(name, (long) x.rows(), Long::sum);
    }

    /// The same verbs, watched.
    Ops<Activation, CpuWeight> watching(Ops<Activation, CpuWeight> inner) {
        return new Ops<>() {
            @Override
            public Activation embed(CpuWeight table, int[] ids) {
                return inner.embed(table, ids);
            }

            @Override
            public Activation rmsNorm(Activation x, CpuWeight gain, float eps) {
                return inner.rmsNorm(x, gain, eps);
            }

            @Override
            public Activation linear(Activation x, CpuWeight w) {
                see(x, w);
                return inner.linear(x, w);
            }

            @Override
            public Activation attend(int layer, Activation qkv) {
                return inner.attend(layer, qkv);
            }

            @Override
            public Activation swiglu(Activation x, CpuWeight gate, CpuWeight up) {
                see(x, gate);
                see(x, up);
                return inner.swiglu(x, gate, up);
            }

            @Override
            public Activation add(Activation x, Activation y) {
                return inner.add(x, y);
            }

            @Override
            public Activation rows(Activation x, int[] which) {
                return inner.rows(x, which);
            }
        };
    }
}

package chuan.train;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.util.SplittableRandom;

/// Random weights for a new model: normal with the configured deviation; projections back into the
/// residual stream smaller by the root of their number (Radford et al. 2019); gains are one. The
/// same seed gives the same weights on every platform.
record InitialWeights(ModelConfig config, double deviation, long seed)
        implements Weights.Source<float[]> {
    @Override
    public float[] get(String name, long... shape) {
        long count = 1;
        for (long n : shape) {
            count = Math.multiplyExact(count, n);
        }
        var values = new float[Math.toIntExact(count)];
        if (shape.length == 1) {
            java.util.Arrays.fill(values, 1);
        } else {
            boolean closesBlock =
                    name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
            double scale = closesBlock ? deviation / Math.sqrt(2.0 * config.layers()) : deviation;
            var random = new SplittableRandom(seed ^ (name.hashCode() * 0x9E3779B97F4A7C15L));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (scale * random.nextGaussian());
            }
        }
        return values;
    }
}

package chuan.torch;

import chuan.model.ModelConfig;
import org.bytedeco.pytorch.Tensor;

/// What attention needs to know about positions up to one length, made once and shared by all steps
/// of that length: the additive bias `[1, heads, tokens, tokens]` (ALiBi's slope times relative
/// distance, minus infinity for the future) and the rotation angles of RoPE `[1, 1, tokens,
/// headDim]`.
///
/// The bias takes heads x tokens² floats: 1.3 MB for 5 heads and 256 tokens, 2.7 GB for 40 heads
/// and 4,096. That is fine for short training contexts; long ones need a kernel that computes it.
public final class PositionTables implements AutoCloseable {
    final int tokens;
    final Tensor bias;
    final Tensor cos;
    final Tensor sin;

    /// Tables for sequences of `tokens` positions.
    public PositionTables(ModelConfig config, int tokens) {
        this.tokens = tokens;
        try (var _ = new TensorScope()) {
            bias = TensorScope.keep(bias(config, tokens));
            double[] frequencies = config.position().frequencies(config.headDim());
            cos = TensorScope.keep(angles(config.headDim(), tokens, frequencies, false));
            sin = TensorScope.keep(angles(config.headDim(), tokens, frequencies, true));
        }
    }

    private static Tensor bias(ModelConfig config, int tokens) {
        int heads = config.heads();
        var values = new float[Math.multiplyExact(Math.multiplyExact(heads, tokens), tokens)];
        int i = 0;
        for (int head = 0; head < heads; head++) {
            double slope = config.position().slope(head, heads);
            for (int query = 0; query < tokens; query++) {
                for (int key = 0; key < tokens; key++) {
                    values[i++] =
                            key > query ? Float.NEGATIVE_INFINITY : (float) (slope * (key - query));
                }
            }
        }
        return Tensor.create(values, 1, heads, tokens, tokens);
    }

    /// Cosines, or sines with the sign of the half they meet: `x cos + swapped(x) sin` rotates.
    /// Empty without frequencies.
    private static Tensor angles(int width, int tokens, double[] frequencies, boolean sine) {
        int positions = frequencies.length == 0 ? 0 : tokens;
        var values = new float[positions * width];
        for (int position = 0, i = 0; position < positions; position++) {
            for (int j = 0; j < width; j++, i++) {
                double angle = position * frequencies[j % (width / 2)];
                double value = sine ? Math.sin(angle) : Math.cos(angle);
                values[i] = (float) (sine && j < width / 2 ? -value : value);
            }
        }
        return Tensor.create(values, 1, 1, positions, width);
    }

    @Override
    public void close() {
        bias.close();
        cos.close();
        sin.close();
    }
}

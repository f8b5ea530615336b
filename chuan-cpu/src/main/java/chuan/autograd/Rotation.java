package chuan.autograd;

import chuan.kernel.GradientKernels;
import chuan.model.ModelConfig;

/// The turning of queries and keys by their positions (Su et al. 2021); nothing for ALiBi. Angles
/// are computed in double precision.
final class Rotation {
    private final int half;

    /// `[tokens, half]`.
    private final float[] cos;

    private final float[] sin;

    /// Of the opposite angles.
    private final float[] back;

    Rotation(ModelConfig config, int tokens) {
        double[] frequencies = config.position().frequencies(config.headDim());
        half = frequencies.length;
        cos = new float[Math.multiplyExact(tokens, half)];
        sin = new float[cos.length];
        back = new float[cos.length];
        for (int i = 0; i < cos.length; i++) {
            double angle = i / half * frequencies[i % half];
            cos[i] = (float) Math.cos(angle);
            sin[i] = (float) Math.sin(angle);
            back[i] = -sin[i];
        }
    }

    boolean isNone() {
        return half == 0;
    }

    /// Rows at positions `[first, first + count)`.
    void turn(
            GradientKernels kernels,
            long from,
            long fromRow,
            int first,
            int count,
            long to,
            long toRow) {
        for (int t = 0; t < count; t++)
            kernels.turn(from + t * fromRow, cos, sin, (first + t) * half, half, to + t * toRow);
    }

    /// Gradients, by the opposite angles.
    void turnBack(
            GradientKernels kernels,
            long from,
            long fromRow,
            int first,
            int count,
            long to,
            long toRow) {
        for (int t = 0; t < count; t++)
            kernels.turn(from + t * fromRow, cos, back, (first + t) * half, half, to + t * toRow);
    }
}

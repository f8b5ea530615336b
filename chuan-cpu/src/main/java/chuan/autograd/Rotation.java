package chuan.autograd;

import chuan.model.ModelConfig;

/// The turning of queries and keys by their positions (Su et al. 2021); nothing for ALiBi. Angles
/// are computed in double precision.
final class Rotation {
    private final int half;

    /// `[tokens, half]`.
    private final float[] cos;

    private final float[] sin;

    Rotation(ModelConfig config, int tokens) {
        double[] frequencies = config.position().frequencies(config.headDim());
        half = frequencies.length;
        cos = new float[tokens * half];
        sin = new float[tokens * half];
        for (int t = 0; t < tokens; t++)
            for (int i = 0; i < half; i++) {
                cos[t * half + i] = (float) Math.cos(t * frequencies[i]);
                sin[t * half + i] = (float) Math.sin(t * frequencies[i]);
            }
    }

    boolean isNone() {
        return half == 0;
    }

    /// Rows at positions `[first, first + count)`.
    void turn(long from, long fromRow, int first, int count, long to, long toRow) {
        turn(from, fromRow, first, count, to, toRow, 1);
    }

    /// Gradients, by the opposite angles.
    void turnBack(long from, long fromRow, int first, int count, long to, long toRow) {
        turn(from, fromRow, first, count, to, toRow, -1);
    }

    private void turn(
            long from, long fromRow, int first, int count, long to, long toRow, float sign) {
        for (int t = 0; t < count; t++)
            for (int i = 0; i < half; i++) {
                float c = cos[(first + t) * half + i];
                float s = sign * sin[(first + t) * half + i];
                float x = Floats.get(from + t * fromRow, i);
                float y = Floats.get(from + t * fromRow, i + half);
                Floats.put(to + t * toRow, i, x * c - y * s);
                Floats.put(to + t * toRow, i + half, y * c + x * s);
            }
    }
}

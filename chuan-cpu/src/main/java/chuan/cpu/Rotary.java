package chuan.cpu;

/// Sines and cosines of the rotary embedding, for positions `[0, positions)`. Immutable.
final class Rotary {
    private final int dim;

    /// `[position][dim / 2]`
    private final float[] cos;

    private final float[] sin;

    /// @param frequencies radians per position, of each pair
    Rotary(double[] frequencies, int positions) {
        int half = frequencies.length;
        dim = 2 * half;
        cos = new float[Math.multiplyExact(positions, half)];
        sin = new float[cos.length];
        for (int i = 0; i < half; i++) {
            double frequency = frequencies[i];
            for (int p = 0; p < positions; p++) {
                cos[p * half + i] = (float) Math.cos(p * frequency);
                sin[p * half + i] = (float) Math.sin(p * frequency);
            }
        }
    }

    int positions() {
        return cos.length / (dim / 2);
    }

    /// Turns `heads` heads in place, which lie at `x[at..]` one after another.
    void turn(float[] x, int at, int heads, int position) {
        int half = dim / 2;
        int table = position * half;
        for (int low = at; low < at + heads * dim; low += dim) {
            for (int i = 0; i < half; i++) {
                float u = x[low + i];
                float v = x[low + half + i];
                float c = cos[table + i];
                float s = sin[table + i];
                x[low + i] = u * c - v * s;
                x[low + half + i] = v * c + u * s;
            }
        }
    }
}

package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Memory.f32;
import static chuan.kernel.Memory.putF32;

import java.util.Arrays;

/// [GradientKernels] by their definition.
public final class ScalarGradients implements GradientKernels {
    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public float rmsNorm(long x, long gain, int n, float eps, long out, float[] sums) {
        float scale = ScalarKernels.rmsScale(dot(x, x, n, sums), n, eps);
        normalize(x, gain, 0, n, scale, out);
        return scale;
    }

    static void normalize(long x, long gain, int from, int n, float scale, long out) {
        for (int k = from; k < n; k++) putF32(out, k, f32(x, k) * scale * f32(gain, k));
    }

    @Override
    public void rmsNormGradient(
            long x,
            long gain,
            float scale,
            long dOut,
            int n,
            long dX,
            boolean adds,
            long dGain,
            float[] sums) {
        Arrays.fill(sums, 0, LANES, 0);
        weightedDot(x, gain, dOut, 0, n, sums);
        float c = scale * scale * scale / n * Kernels.fold(sums, 0);
        rmsNormGradient(x, gain, scale, c, dOut, 0, n, dX, adds, dGain);
    }

    static void weightedDot(long x, long gain, long dOut, int from, int n, float[] sums) {
        for (int k = from; k < n; k++)
            sums[k % LANES] = Math.fma(f32(dOut, k) * f32(gain, k), f32(x, k), sums[k % LANES]);
    }

    static void rmsNormGradient(
            long x,
            long gain,
            float scale,
            float c,
            long dOut,
            int from,
            int n,
            long dX,
            boolean adds,
            long dGain) {
        for (int k = from; k < n; k++) {
            float d = f32(dOut, k);
            float v = f32(x, k);
            float dx = d * f32(gain, k) * scale - v * c;
            putF32(dX, k, adds ? f32(dX, k) + dx : dx);
            putF32(dGain, k, f32(dGain, k) + d * (v * scale));
        }
    }

    @Override
    public void swiglu(long gate, long up, int n, long out) {
        swiglu(gate, up, 0, n, out);
    }

    static void swiglu(long gate, long up, int from, int n, long out) {
        for (int k = from; k < n; k++) {
            float g = f32(gate, k);
            putF32(out, k, g / (Exponential.exp(-g) + 1) * f32(up, k));
        }
    }

    @Override
    public void swigluGradient(long gate, long up, long dOut, int n, long dGate, long dUp) {
        swigluGradient(gate, up, dOut, 0, n, dGate, dUp);
    }

    static void swigluGradient(
            long gate, long up, long dOut, int from, int n, long dGate, long dUp) {
        for (int k = from; k < n; k++) {
            float g = f32(gate, k);
            float d = f32(dOut, k);
            float s = 1 / (Exponential.exp(-g) + 1);
            float a = g * s;
            float slope = s + a * (1 - s);
            float u = f32(up, k);
            putF32(dUp, k, d * a);
            putF32(dGate, k, d * u * slope);
        }
    }

    @Override
    public void add(long x, long y, int n, long out) {
        add(x, y, 0, n, out);
    }

    static void add(long x, long y, int from, int n, long out) {
        for (int k = from; k < n; k++) putF32(out, k, f32(x, k) + f32(y, k));
    }

    @Override
    public void blend(float a, long x, float b, long y, int n, long out) {
        blend(a, x, b, y, 0, n, out);
    }

    static void blend(float a, long x, float b, long y, int from, int n, long out) {
        for (int k = from; k < n; k++) putF32(out, k, Math.fma(a, f32(x, k), b * f32(y, k)));
    }

    @Override
    public float softmax(
            long scores, int from, int last, int n, float scale, float slope, float[] sums) {
        float max = Float.NEGATIVE_INFINITY;
        for (int t = from; t <= last; t++) {
            float x = Math.fma(f32(scores, t), scale, slope * (t - last));
            putF32(scores, t, x);
            max = Math.max(max, x);
        }
        Arrays.fill(sums, 0, LANES, 0);
        for (int t = from; t <= last; t++) {
            float w = weight(f32(scores, t) - max);
            putF32(scores, t, w);
            sums[t % LANES] += w;
        }
        Kernels.fold(sums, 0);
        clear(scores, 0, from);
        clear(scores, last + 1, n);
        return max;
    }

    static float weight(float x) {
        return x < Kernels.LOWEST ? 0 : Exponential.exp(x);
    }

    @Override
    public void softmaxGradient(
            long scores,
            long dWeights,
            int from,
            int last,
            int n,
            float scale,
            float slope,
            float max,
            float delta) {
        clear(scores, 0, from);
        clear(dWeights, 0, from);
        scoreGradients(scores, dWeights, from, last, scale, slope, max, delta);
        clear(scores, last + 1, n);
        clear(dWeights, last + 1, n);
    }

    static void clear(long x, int from, int to) {
        for (int t = from; t < to; t++) putF32(x, t, 0);
    }

    private static void scoreGradients(
            long scores,
            long dWeights,
            int from,
            int last,
            float scale,
            float slope,
            float max,
            float delta) {
        for (int t = from; t <= last; t++) {
            float x = Math.fma(f32(scores, t), scale, slope * (t - last));
            float w = weight(x - max);
            putF32(scores, t, w);
            putF32(dWeights, t, w * (f32(dWeights, t) - delta) * scale);
        }
    }

    @Override
    public void multiply(long x, int n, float factor, long out) {
        multiply(x, 0, n, factor, out);
    }

    static void multiply(long x, int from, int n, float factor, long out) {
        for (int k = from; k < n; k++) putF32(out, k, f32(x, k) * factor);
    }

    @Override
    public void turn(long x, float[] cos, float[] sin, int at, int half, long out) {
        turn(x, cos, sin, at, 0, half, out);
    }

    static void turn(long x, float[] cos, float[] sin, int at, int from, int half, long out) {
        for (int i = from; i < half; i++) {
            float a = f32(x, i);
            float b = f32(x, i + half);
            putF32(out, i, a * cos[at + i] - b * sin[at + i]);
            putF32(out, i + half, b * cos[at + i] + a * sin[at + i]);
        }
    }

    @Override
    public float dot(long x, long y, int n, float[] sums) {
        Arrays.fill(sums, 0, LANES, 0);
        dot(x, y, 0, n, sums);
        return Kernels.fold(sums, 0);
    }

    static void dot(long x, long y, int from, int n, float[] sums) {
        for (int k = from; k < n; k++)
            sums[k % LANES] = Math.fma(f32(x, k), f32(y, k), sums[k % LANES]);
    }

    @Override
    public float crossEntropy(long logits, int n, int label, float factor, float[] sums) {
        float max = Float.NEGATIVE_INFINITY;
        for (int k = 0; k < n; k++) max = Math.max(max, f32(logits, k));
        Arrays.fill(sums, 0, LANES, 0);
        float target = f32(logits, label);
        for (int k = 0; k < n; k++) {
            float e = Exponential.exp(f32(logits, k) - max);
            sums[k % LANES] += e;
            putF32(logits, k, e);
        }
        float sum = Kernels.fold(sums, 0);
        float scale = factor / sum;
        for (int k = 0; k < n; k++) putF32(logits, k, f32(logits, k) * scale);
        putF32(logits, label, f32(logits, label) - factor);
        return (float) Math.log(sum) + max - target;
    }

    @Override
    public void adamW(
            long p,
            long gradient,
            long m,
            long v,
            int n,
            float clip,
            float keep,
            float rate,
            float root,
            AdamWSettings settings) {
        adamW(p, gradient, m, v, 0, n, clip, keep, rate, root, settings);
    }

    static void adamW(
            long p,
            long gradient,
            long m,
            long v,
            int from,
            int n,
            float clip,
            float keep,
            float rate,
            float root,
            AdamWSettings s) {
        for (int k = from; k < n; k++) {
            float g = f32(gradient, k) * clip;
            float first = Math.fma(1 - s.beta1(), g - f32(m, k), f32(m, k));
            float second = Math.fma((1 - s.beta2()) * g, g, f32(v, k) * s.beta2());
            float change = rate * first / Math.fma((float) Math.sqrt(second), root, s.eps());
            putF32(m, k, first);
            putF32(v, k, second);
            putF32(p, k, f32(p, k) * keep - change);
            putF32(gradient, k, 0);
        }
    }
}

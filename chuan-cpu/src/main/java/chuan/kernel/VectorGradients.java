package chuan.kernel;

import static chuan.kernel.Kernels.LANES;
import static chuan.kernel.Registers.F;
import static chuan.kernel.Registers.LENGTH;
import static chuan.kernel.Registers.f32;
import static chuan.kernel.Registers.put;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// [GradientKernels] on the JDK's Vector API: a small method per loop, as [VectorKernels] explains.
public final class VectorGradients implements GradientKernels {
    private static final long BYTES = Float.BYTES;

    @Override
    public String name() {
        return "vector";
    }

    private static int whole(int n) {
        return n & -LANES;
    }

    @Override
    public float rmsNorm(long x, long gain, int n, float eps, long out, float[] sums) {
        float scale = ScalarKernels.rmsScale(dot(x, x, n, sums), n, eps);
        int whole = n / LENGTH * LENGTH;
        for (int k = 0; k < whole; k += LENGTH)
            put(f32(x + BYTES * k).mul(scale).mul(f32(gain + BYTES * k)), out + BYTES * k);
        ScalarGradients.normalize(x, gain, whole, n, scale, out);
        return scale;
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
        int whole = whole(n);
        for (int lane = 0; lane < LANES; lane += LENGTH)
            weightedDot(x, gain, dOut, lane, whole, sums);
        ScalarGradients.weightedDot(x, gain, dOut, whole, n, sums);
        float c = scale * scale * scale / n * Kernels.fold(sums, 0);
        int end = n / LENGTH * LENGTH;
        if (adds) addRmsNorm(x, gain, scale, c, dOut, end, dX, dGain);
        else setRmsNorm(x, gain, scale, c, dOut, end, dX, dGain);
        ScalarGradients.rmsNormGradient(x, gain, scale, c, dOut, end, n, dX, adds, dGain);
    }

    private static void weightedDot(
            long x, long gain, long dOut, int lane, int whole, float[] sums) {
        var sum = FloatVector.zero(F);
        for (int k = lane; k < whole; k += LANES)
            sum = f32(dOut + BYTES * k).mul(f32(gain + BYTES * k)).fma(f32(x + BYTES * k), sum);
        sum.intoArray(sums, lane);
    }

    private static void addRmsNorm(
            long x, long gain, float scale, float c, long dOut, int end, long dX, long dGain) {
        for (int k = 0; k < end; k += LENGTH) {
            var d = f32(dOut + BYTES * k);
            var v = f32(x + BYTES * k);
            var dx = d.mul(f32(gain + BYTES * k)).mul(scale).sub(v.mul(c));
            put(f32(dX + BYTES * k).add(dx), dX + BYTES * k);
            put(f32(dGain + BYTES * k).add(d.mul(v.mul(scale))), dGain + BYTES * k);
        }
    }

    private static void setRmsNorm(
            long x, long gain, float scale, float c, long dOut, int end, long dX, long dGain) {
        for (int k = 0; k < end; k += LENGTH) {
            var d = f32(dOut + BYTES * k);
            var v = f32(x + BYTES * k);
            put(d.mul(f32(gain + BYTES * k)).mul(scale).sub(v.mul(c)), dX + BYTES * k);
            put(f32(dGain + BYTES * k).add(d.mul(v.mul(scale))), dGain + BYTES * k);
        }
    }

    @Override
    public void swiglu(long gate, long up, int n, long out) {
        int end = n / LENGTH * LENGTH;
        for (int k = 0; k < end; k += LENGTH) {
            var g = f32(gate + BYTES * k);
            var activated = g.div(VectorExponential.exp(g.neg()).add(1));
            put(activated.mul(f32(up + BYTES * k)), out + BYTES * k);
        }
        ScalarGradients.swiglu(gate, up, end, n, out);
    }

    @Override
    public void swigluGradient(long gate, long up, long dOut, int n, long dGate, long dUp) {
        int end = n / LENGTH * LENGTH;
        var one = FloatVector.broadcast(F, 1);
        for (int k = 0; k < end; k += LENGTH) {
            var g = f32(gate + BYTES * k);
            var d = f32(dOut + BYTES * k);
            var s = one.div(VectorExponential.exp(g.neg()).add(1));
            var a = g.mul(s);
            var slope = s.add(a.mul(one.sub(s)));
            var u = f32(up + BYTES * k);
            put(d.mul(a), dUp + BYTES * k);
            put(d.mul(u).mul(slope), dGate + BYTES * k);
        }
        ScalarGradients.swigluGradient(gate, up, dOut, end, n, dGate, dUp);
    }

    @Override
    public void add(long x, long y, int n, long out) {
        int end = n / LENGTH * LENGTH;
        for (int k = 0; k < end; k += LENGTH)
            put(f32(x + BYTES * k).add(f32(y + BYTES * k)), out + BYTES * k);
        ScalarGradients.add(x, y, end, n, out);
    }

    @Override
    public void blend(float a, long x, float b, long y, int n, long out) {
        int end = n / LENGTH * LENGTH;
        var factor = FloatVector.broadcast(F, a);
        for (int k = 0; k < end; k += LENGTH) {
            var other = f32(y + BYTES * k).mul(b);
            put(factor.fma(f32(x + BYTES * k), other), out + BYTES * k);
        }
        ScalarGradients.blend(a, x, b, y, end, n, out);
    }

    /// Whole registers from 0 to behind the last key; what is none of `[from, last]` weighs
    /// nothing.
    @Override
    public float softmax(
            long scores, int from, int last, int n, float scale, float slope, float[] sums) {
        int begin = from / LANES * LANES;
        int end = Math.min(n, Math.ceilDiv(last + 1, LANES) * LANES);
        if (end % LANES != 0 || n % LANES != 0)
            return small(scores, from, last, n, scale, slope, sums);
        ScalarGradients.clear(scores, begin, from);
        float max = biased(scores, begin, end, from, last, scale, slope);
        for (int lane = 0; lane < LANES; lane += LENGTH)
            weights(scores, begin, end, lane, max, sums);
        Kernels.fold(sums, 0);
        zero(scores, 0, begin);
        zero(scores, end, n);
        return max;
    }

    private static float small(
            long scores, int from, int last, int n, float scale, float slope, float[] sums) {
        return new ScalarGradients().softmax(scores, from, last, n, scale, slope, sums);
    }

    private static final FloatVector STEPS = steps();

    private static FloatVector steps() {
        var steps = new float[LENGTH];
        for (int i = 0; i < LENGTH; i++) steps[i] = i;
        return FloatVector.fromArray(F, steps, 0);
    }

    /// Scores with scale and slope; minus infinity outside.
    ///
    /// @return the largest
    private static float biased(
            long scores, int begin, int end, int from, int last, float scale, float slope) {
        var max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        var scales = FloatVector.broadcast(F, scale);
        for (int t = begin; t < end; t += LENGTH) {
            var distance = STEPS.add(t - last);
            var x = f32(scores + BYTES * t).fma(scales, distance.mul(slope));
            x =
                    x.blend(
                            Float.NEGATIVE_INFINITY,
                            distance.compare(VectorOperators.GT, 0)
                                    .or(distance.compare(VectorOperators.LT, from - last)));
            put(x, scores + BYTES * t);
            max = max.blend(x, x.compare(VectorOperators.GT, max));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    private static void weights(
            long scores, int begin, int end, int lane, float max, float[] sums) {
        var sum = FloatVector.zero(F);
        for (int t = begin + lane; t < end; t += LANES) {
            var w = VectorExponential.weight(f32(scores + BYTES * t).sub(max));
            put(w, scores + BYTES * t);
            sum = sum.add(w);
        }
        sum.intoArray(sums, lane);
    }

    private static void multiply(long x, int from, int to, float factor) {
        for (int t = from; t < to; t += LENGTH) put(f32(x + BYTES * t).mul(factor), x + BYTES * t);
    }

    private static void zero(long x, int from, int to) {
        for (int t = from; t < to; t += LENGTH) put(FloatVector.zero(F), x + BYTES * t);
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
        if (n % LANES != 0) {
            new ScalarGradients()
                    .softmaxGradient(scores, dWeights, from, last, n, scale, slope, max, delta);
            return;
        }
        int begin = from / LANES * LANES;
        int end = Math.ceilDiv(last + 1, LANES) * LANES;
        gradients(scores, dWeights, begin, end, from - last, last, scale, slope, max, delta);
        zero(scores, 0, begin);
        zero(dWeights, 0, begin);
        zero(scores, end, n);
        zero(dWeights, end, n);
    }

    private static void gradients(
            long scores,
            long dWeights,
            int begin,
            int end,
            int first,
            int last,
            float scale,
            float slope,
            float max,
            float delta) {
        var scales = FloatVector.broadcast(F, scale);
        for (int t = begin; t < end; t += LENGTH) {
            var distance = STEPS.add(t - last);
            var outside =
                    distance.compare(VectorOperators.GT, 0)
                            .or(distance.compare(VectorOperators.LT, first));
            var x = f32(scores + BYTES * t).fma(scales, distance.mul(slope)).sub(max);
            var w = VectorExponential.weight(x).blend(0, outside);
            put(w, scores + BYTES * t);
            var d = w.mul(f32(dWeights + BYTES * t).sub(delta)).mul(scale);
            put(d.blend(0, outside), dWeights + BYTES * t);
        }
    }

    @Override
    public void multiply(long x, int n, float factor, long out) {
        int end = n / LENGTH * LENGTH;
        for (int k = 0; k < end; k += LENGTH) put(f32(x + BYTES * k).mul(factor), out + BYTES * k);
        ScalarGradients.multiply(x, end, n, factor, out);
    }

    @Override
    public void turn(long x, float[] cos, float[] sin, int at, int half, long out) {
        int end = half / LENGTH * LENGTH;
        long second = BYTES * half;
        for (int i = 0; i < end; i += LENGTH) {
            var c = FloatVector.fromArray(F, cos, at + i);
            var s = FloatVector.fromArray(F, sin, at + i);
            var a = f32(x + BYTES * i);
            var b = f32(x + second + BYTES * i);
            put(a.mul(c).sub(b.mul(s)), out + BYTES * i);
            put(b.mul(c).add(a.mul(s)), out + second + BYTES * i);
        }
        ScalarGradients.turn(x, cos, sin, at, end, half, out);
    }

    @Override
    public float dot(long x, long y, int n, float[] sums) {
        int whole = whole(n);
        for (int lane = 0; lane < LANES; lane += LENGTH) dot(x, y, lane, whole, sums);
        ScalarGradients.dot(x, y, whole, n, sums);
        return Kernels.fold(sums, 0);
    }

    private static void dot(long x, long y, int lane, int whole, float[] sums) {
        var sum = FloatVector.zero(F);
        for (int k = lane; k < whole; k += LANES)
            sum = f32(x + BYTES * k).fma(f32(y + BYTES * k), sum);
        sum.intoArray(sums, lane);
    }

    @Override
    public float crossEntropy(long logits, int n, int label, float factor, float[] sums) {
        int whole = whole(n);
        float max = largest(logits, whole);
        for (int k = whole; k < n; k++) max = Math.max(max, Memory.f32(logits, k));
        float target = Memory.f32(logits, label);
        Arrays.fill(sums, 0, LANES, 0);
        for (int lane = 0; lane < LANES; lane += LENGTH)
            exponentials(logits, lane, whole, max, sums);
        for (int k = whole; k < n; k++) {
            float e = Exponential.exp(Memory.f32(logits, k) - max);
            sums[k % LANES] += e;
            Memory.putF32(logits, k, e);
        }
        float sum = Kernels.fold(sums, 0);
        if (factor != 0) {
            float scale = factor / sum;
            multiply(logits, 0, whole, scale);
            for (int k = whole; k < n; k++) Memory.putF32(logits, k, Memory.f32(logits, k) * scale);
            Memory.putF32(logits, label, Memory.f32(logits, label) - factor);
        }
        return (float) Math.log(sum) + max - target;
    }

    private static float largest(long x, int n) {
        var max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int k = 0; k < n; k += LENGTH) max = max.max(f32(x + BYTES * k));
        return max.reduceLanes(VectorOperators.MAX);
    }

    private static void exponentials(long x, int lane, int n, float max, float[] sums) {
        var sum = FloatVector.zero(F);
        for (int k = lane; k < n; k += LANES) {
            var e = VectorExponential.exp(f32(x + BYTES * k).sub(max));
            put(e, x + BYTES * k);
            sum = sum.add(e);
        }
        sum.intoArray(sums, lane);
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
        int end = n / LENGTH * LENGTH;
        var newFirst = FloatVector.broadcast(F, 1 - settings.beta1());
        var roots = FloatVector.broadcast(F, root);
        var eps = FloatVector.broadcast(F, settings.eps());
        for (int k = 0; k < end; k += LENGTH) {
            var g = f32(gradient + BYTES * k).mul(clip);
            var old = f32(m + BYTES * k);
            var first = newFirst.fma(g.sub(old), old);
            var second =
                    g.mul(1 - settings.beta2()).fma(g, f32(v + BYTES * k).mul(settings.beta2()));
            var change = first.mul(rate).div(second.sqrt().fma(roots, eps));
            put(first, m + BYTES * k);
            put(second, v + BYTES * k);
            put(f32(p + BYTES * k).mul(keep).sub(change), p + BYTES * k);
            put(FloatVector.zero(F), gradient + BYTES * k);
        }
        ScalarGradients.adamW(p, gradient, m, v, end, n, clip, keep, rate, root, settings);
    }
}

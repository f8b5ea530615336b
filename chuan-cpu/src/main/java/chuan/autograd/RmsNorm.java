package chuan.autograd;

import chuan.cpu.WorkerPool;

/// `x / sqrt(mean(x^2) + eps) * gain` (Zhang and Sennrich 2019). The gradient of the gain is summed
/// over blocks of rows, and the blocks in their order.
final class RmsNorm implements Node {
    private static final int BLOCK = 64;

    private final Value x;
    private final Parameter gain;
    private final float eps;
    private final Value out;

    /// `[rows]`: what each row was multiplied by.
    private final Buffer scales;

    private final Step step;
    private boolean adds;
    private final WorkerPool.Job forward = this::forward;
    private final WorkerPool.Job backward = this::backward;

    RmsNorm(Step step, Value x, Parameter gain, float eps, Value out, Buffer scales) {
        this.step = step;
        this.x = x;
        this.gain = gain;
        this.eps = eps;
        this.out = out;
        this.scales = scales;
    }

    /// Bytes of scratch for all threads.
    static long sharedBytes(int rows, int width) {
        return (long) Math.ceilDiv(rows, BLOCK) * width * Float.BYTES;
    }

    /// Whether another verb's gradients of `x` are there already when it runs backwards.
    void addsTo(boolean there) {
        adds = there;
    }

    @Override
    public boolean rereads(Value value) {
        return value == x;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(Math.ceilDiv(x.count(), BLOCK), 1, forward);
    }

    private void forward(int worker, int from, int to) {
        rows(worker, from * BLOCK, Math.min(x.count(), to * BLOCK));
    }

    /// Rows `[from, to)`.
    void rows(int worker, int from, int to) {
        float[] sums = step.scratch.sums(worker);
        for (int i = from; i < to; i++) {
            long at = i * x.stride();
            float scale =
                    step.kernels.rmsNorm(
                            x.data.address() + at,
                            gain.address(),
                            x.width,
                            eps,
                            out.data.address() + at,
                            sums);
            Floats.put(scales.address(), i, scale);
        }
    }

    @Override
    public void backward(Step now) {
        int blocks = Math.ceilDiv(x.count(), BLOCK);
        now.pool.run(blocks, 1, backward);
        long sum = gain.gradientAddress();
        for (int b = 0; b < blocks; b++)
            now.kernels.add(sum, now.scratch.shared() + b * x.stride(), x.width, sum);
    }

    private void backward(int worker, int from, int to) {
        float[] sums = step.scratch.sums(worker);
        for (int b = from; b < to; b++) {
            long dGain = step.scratch.shared() + b * x.stride();
            Floats.clear(dGain, x.width);
            int end = Math.min(x.count(), (b + 1) * BLOCK);
            for (int i = b * BLOCK; i < end; i++) {
                long at = i * x.stride();
                step.kernels.rmsNormGradient(
                        x.data.address() + at,
                        gain.address(),
                        Floats.get(scales.address(), i),
                        out.gradient() + at,
                        x.width,
                        x.gradient() + at,
                        adds,
                        dGain,
                        sums);
            }
        }
    }
}

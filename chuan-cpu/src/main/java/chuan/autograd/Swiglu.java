package chuan.autograd;

import chuan.cpu.WorkerPool;

/// `silu(x gate^T) * (x up^T)` (Shazeer 2020). Backwards the gradients of the two products take the
/// place of the products.
///
/// Of each element the pass forwards reads 8 bytes and writes 4, the one backwards reads 12 and
/// writes 8; both are as fast as that.
final class Swiglu implements Node {
    /// Rows of a piece.
    private static final int BLOCK = 16;

    private final Step step;
    private final Value x;
    private final Parameter gate;
    private final Parameter up;
    private final Value out;

    /// `[rows, ff]` each.
    private final Buffer gated;

    private final Buffer lifted;
    private final Product product;
    private final StepTimes.Part valueTime;
    private final StepTimes.Part gradientTime;
    private boolean adds;
    private final WorkerPool.Job forward = (_, from, to) -> forward(from, to);
    private final WorkerPool.Job backward = (_, from, to) -> backward(from, to);

    Swiglu(
            Step step,
            Value x,
            Parameter gate,
            Parameter up,
            Value out,
            Buffer gated,
            Buffer lifted) {
        this.step = step;
        this.x = x;
        this.gate = gate;
        this.up = up;
        this.out = out;
        this.gated = gated;
        this.lifted = lifted;
        product = new Product(step);
        valueTime = step.times.part("of Swiglu: elements");
        gradientTime = step.times.part("of Swiglu backwards: elements");
    }

    void addsTo(boolean there) {
        adds = there;
    }

    @Override
    public boolean rereads(Value value) {
        return value == x;
    }

    @Override
    public void forward(Step now) {
        Linear.forward(product, x, gate, gated.address());
        Linear.forward(product, x, up, lifted.address());
        now.pass(valueTime, Math.ceilDiv(x.count(), BLOCK), 4, forward);
    }

    private void forward(int from, int to) {
        long at = from * BLOCK * out.stride();
        int rows = Math.min(x.count(), to * BLOCK) - from * BLOCK;
        step.kernels.swiglu(
                gated.address() + at,
                lifted.address() + at,
                rows * out.width,
                out.data.address() + at);
    }

    @Override
    public void backward(Step now) {
        now.pass(gradientTime, Math.ceilDiv(x.count(), BLOCK), 4, backward);
        Linear.gradientOfInput(product, gated.address(), x, gate, adds);
        Linear.gradientOfWeight(product, gated.address(), x, gate);
        Linear.gradientOfInput(product, lifted.address(), x, up, true);
        Linear.gradientOfWeight(product, lifted.address(), x, up);
    }

    private void backward(int from, int to) {
        long at = from * BLOCK * out.stride();
        int rows = Math.min(x.count(), to * BLOCK) - from * BLOCK;
        long g = gated.address() + at;
        long u = lifted.address() + at;
        step.kernels.swigluGradient(g, u, out.gradient() + at, rows * out.width, g, u);
    }
}

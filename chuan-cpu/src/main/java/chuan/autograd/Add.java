package chuan.autograd;

import chuan.cpu.WorkerPool;

/// `x + y`. Backwards there is nothing to do: the gradient of the sum is that of both, and the
/// three share it.
final class Add implements Node {
    private static final int BLOCK = 64;

    private final Step step;
    private final Value x;
    private final Value y;
    private final Value out;
    private final WorkerPool.Job forward = (_, from, to) -> blocks(from, to);

    Add(Step step, Value x, Value y, Value out) {
        this.step = step;
        this.x = x;
        this.y = y;
        this.out = out;
    }

    @Override
    public boolean rereads(Value value) {
        return false;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(Math.ceilDiv(x.count(), BLOCK), 1, forward);
    }

    private void blocks(int from, int to) {
        rows(from * BLOCK, Math.min(x.count(), to * BLOCK));
    }

    /// Rows `[from, to)`.
    void rows(int from, int to) {
        long at = from * x.stride();
        step.kernels.add(
                x.data.address() + at,
                y.data.address() + at,
                (to - from) * x.width,
                out.data.address() + at);
    }

    @Override
    public void backward(Step now) {}
}

package chuan.autograd;

import chuan.cpu.WorkerPool;

/// The rows of a batch whose logits are asked for.
final class Rows implements Node {
    private static final int CHUNK = 64;

    private final Step step;
    private final Value x;
    private final Value out;
    private final WorkerPool.Job taking = (_, from, to) -> take(from, to);
    private final WorkerPool.Job clearing = (_, from, to) -> clear(from, to);
    private final WorkerPool.Job giving = (_, from, to) -> give(from, to);

    Rows(Step step, Value x, Value out) {
        this.step = step;
        this.x = x;
        this.out = out;
    }

    @Override
    public boolean rereads(Value value) {
        return false;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(out.count(), CHUNK, taking);
    }

    private void take(int from, int to) {
        for (int i = from; i < to; i++)
            Floats.copy(
                    x.data.address() + step.wanted[i] * x.stride(),
                    out.data.address() + i * x.stride(),
                    x.width);
    }

    @Override
    public void backward(Step now) {
        now.pool.run(x.count(), CHUNK, clearing);
        now.pool.run(out.count(), CHUNK, giving);
    }

    private void clear(int from, int to) {
        Floats.clear(x.gradient() + from * x.stride(), (long) (to - from) * x.width);
    }

    private void give(int from, int to) {
        for (int i = from; i < to; i++)
            Floats.copy(
                    out.gradient() + i * x.stride(),
                    x.gradient() + step.wanted[i] * x.stride(),
                    x.width);
    }
}

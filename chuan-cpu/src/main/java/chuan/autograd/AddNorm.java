package chuan.autograd;

import chuan.cpu.WorkerPool;

/// A sum and its norm in one pass over the rows: the sum is normalised while it is in the
/// first-level cache. Of each element 8 bytes are read and 8 written; backwards, where the gradient
/// of the sum is there, 12 and 4.
final class AddNorm implements Node {
    /// Rows of a piece, and of a round.
    private static final int BLOCK = 64;

    private static final int ROUND = 4;

    private final Value sum;
    private final Add add;
    private final RmsNorm norm;
    private final WorkerPool.Job forward = this::forward;

    /// @param add whose result `norm` normalises
    AddNorm(Value sum, Add add, RmsNorm norm) {
        this.sum = sum;
        this.add = add;
        this.norm = norm;
    }

    Value sum() {
        return sum;
    }

    /// Whether there are gradients of the sum already when it runs backwards.
    void addsTo(boolean there) {
        norm.addsTo(there);
    }

    @Override
    public boolean rereads(Value value) {
        return value == sum;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(Math.ceilDiv(sum.count(), BLOCK), 1, forward);
    }

    private void forward(int worker, int from, int to) {
        int end = Math.min(sum.count(), to * BLOCK);
        for (int i = from * BLOCK; i < end; i += ROUND) {
            int next = Math.min(end, i + ROUND);
            add.rows(i, next);
            norm.rows(worker, i, next);
        }
    }

    @Override
    public void backward(Step now) {
        norm.backward(now);
    }
}

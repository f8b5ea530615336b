package chuan.autograd;

import chuan.cpu.WorkerPool;
import java.util.Arrays;

/// Rows of a table, by token. Backwards, the gradients of equal tokens are added in the order of
/// their positions, whatever the number of threads.
final class Embed implements Node {
    private static final int NONE = -1;

    private final Parameter table;
    private final int padId;
    private final Value out;

    /// By token: its first position, and by position: the next one of the same token.
    private final int[] first;

    private final int[] next;

    /// The tokens of the batch, each once.
    private final int[] tokens;

    private Step step;
    private final WorkerPool.Job copying = (_, from, to) -> copy(from, to);
    private final WorkerPool.Job adding = (_, from, to) -> add(from, to);

    /// @param padId the row that stays untrained, as in the official model; -1 for none
    Embed(Step step, Parameter table, int padId, Value out) {
        this.step = step;
        this.table = table;
        this.padId = padId;
        this.out = out;
        first = new int[table.rows()];
        Arrays.fill(first, NONE);
        next = new int[out.rows.most];
        tokens = new int[out.rows.most];
    }

    @Override
    public boolean rereads(Value value) {
        return false;
    }

    @Override
    public void forward(Step now) {
        step = now;
        now.pool.run(out.count(), 64, copying);
    }

    private void copy(int from, int to) {
        long bytes = out.stride();
        for (int i = from; i < to; i++)
            Floats.copy(
                    table.address() + step.ids[i] * bytes,
                    out.data.address() + i * bytes,
                    out.width);
    }

    @Override
    public void backward(Step now) {
        step = now;
        int count = 0;
        for (int i = out.count() - 1; i >= 0; i--) {
            int id = now.ids[i];
            if (id == padId) continue;
            if (first[id] == NONE) tokens[count++] = id;
            next[i] = first[id];
            first[id] = i;
        }
        now.pool.run(count, 16, adding);
        for (int i = 0; i < count; i++) first[tokens[i]] = NONE;
    }

    private void add(int from, int to) {
        long bytes = out.stride();
        for (int i = from; i < to; i++) {
            long row = table.gradientAddress() + tokens[i] * bytes;
            for (int at = first[tokens[i]]; at != NONE; at = next[at])
                step.kernels.add(row, out.gradient() + at * bytes, out.width, row);
        }
    }
}

package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.model.ModelConfig;

/// Causal attention of each row of a batch, within its documents. A block of queries at a time
/// meets all keys that it may see; of the weights nothing is kept but, for each query, its largest
/// score and one over the sum of its weights, from which they are computed again backwards (Dao et
/// al. 2022, "FlashAttention"). Positions enter by relative ALiBi or by turning queries and keys.
///
/// With `n` tokens and heads of `d`, a head of a row is `n^2 d` multiply-adds forwards and `2.5 n^2
/// d` backwards, and reads and writes `4 n d` and `8 n d` floats: for `n = 256` some 30
/// multiply-adds a byte, so arithmetic is the limit.
///
/// A piece of work is one key/value head of one row of the batch with the query heads that share
/// it: whoever does it alone writes the gradients of these keys and values.
final class Attend implements Node {
    final Step step;
    final ModelConfig config;
    final int tokens;
    final Value qkv;
    final Value out;
    final Rotation rotation;
    final AttendScratch layout;

    /// `[sequences * heads, tokens]`, the largest scores with slope.
    final Buffer largest;

    /// As many, one over the sums of weights.
    final Buffer shares;

    private final int sequences;
    private final AttendHead[] threads;
    private final WorkerPool.Job forward = this::forward;
    private final WorkerPool.Job backward = this::backward;

    Attend(
            Step step,
            ModelConfig config,
            int sequences,
            int tokens,
            Value qkv,
            Value out,
            Buffer largest,
            Buffer shares,
            Rotation rotation) {
        this.step = step;
        this.config = config;
        this.sequences = sequences;
        this.tokens = tokens;
        this.qkv = qkv;
        this.out = out;
        this.largest = largest;
        this.shares = shares;
        this.rotation = rotation;
        layout = AttendScratch.of(step.products, config, tokens);
        threads = new AttendHead[step.pool.threads()];
        for (int i = 0; i < threads.length; i++) threads[i] = new AttendHead(this, i);
    }

    /// Bytes of scratch that each thread needs.
    static long ownBytes(Step step, ModelConfig config, int tokens) {
        return AttendScratch.of(step.products, config, tokens).bytes();
    }

    @Override
    public boolean rereads(Value value) {
        return true;
    }

    @Override
    public void forward(Step now) {
        now.pool.run(sequences * config.kvHeads(), 1, forward);
    }

    @Override
    public void backward(Step now) {
        now.pool.run(sequences * config.kvHeads(), 1, backward);
    }

    private void forward(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++)
            threads[worker].forward(piece / config.kvHeads(), piece % config.kvHeads());
    }

    private void backward(int worker, int from, int to) {
        for (int piece = from; piece < to; piece++)
            threads[worker].backward(piece / config.kvHeads(), piece % config.kvHeads());
    }
}

package chuan.autograd;

import chuan.model.ModelConfig;
import chuan.model.Ops;
import java.util.List;

/// The seven verbs for training on the CPU. They compute nothing yet: they write a [Tape], once for
/// each shape of batch, that is then played for every batch of this shape. Of ids and rows only the
/// number counts here; a batch brings its own.
final class CpuTrainOps implements Ops<Value, Parameter> {
    private final ModelConfig config;
    private final int sequences;
    private final int tokens;
    private final Tape tape;
    private final Step step;
    private final Value.Rows all;
    private final Value.Rows wanted;
    private final Rotation rotation;
    private long ownBytes;
    private long sharedBytes;

    CpuTrainOps(ModelConfig config, int sequences, int tokens, Tape tape, Step step) {
        this.config = config;
        this.sequences = sequences;
        this.tokens = tokens;
        this.tape = tape;
        this.step = step;
        all = new Value.Rows(Math.multiplyExact(sequences, tokens));
        wanted = new Value.Rows(all.most);
        rotation = new Rotation(config, tokens);
        ownBytes = Product.ownBytes(step.products);
    }

    /// The rows whose logits are asked for: as many as a batch says.
    Value.Rows wanted() {
        return wanted;
    }

    private Value value(Value.Rows rows, int width) {
        return new Value(rows, width, new Buffer((long) rows.most * width));
    }

    private void scratch(long own, long shared) {
        ownBytes = Math.max(ownBytes, own);
        sharedBytes = Math.max(sharedBytes, shared);
    }

    @Override
    public Value embed(Parameter table, int[] ids) {
        var out = value(all, table.columns());
        tape.add(new Embed(step, table, config.padId(), out), List.of(), List.of(out));
        return out;
    }

    @Override
    public Value rmsNorm(Value x, Parameter gain, float eps) {
        var out = value(x.rows, x.width);
        var scales = new Buffer(x.rows.most);
        var norm = new RmsNorm(step, x, gain, eps, out, scales);
        var sum = tape.removeSum(x);
        if (sum.isPresent())
            tape.add(
                    new AddNorm(x, sum.get().add(), norm),
                    sum.get().terms(),
                    List.of(x, out),
                    scales);
        else tape.add(norm, List.of(x), List.of(out), scales);
        scratch(0, RmsNorm.sharedBytes(x.rows.most, x.width));
        return out;
    }

    @Override
    public Value linear(Value x, Parameter w) {
        var out = value(x.rows, w.rows());
        tape.add(new Linear(step, x, w, out), List.of(x), List.of(out));
        scratch(0, Linear.sharedBytes(step, w.rows(), x.width, x.rows.most));
        return out;
    }

    @Override
    public Value attend(int layer, Value qkv) {
        var out = value(all, config.queryWidth());
        long rows = (long) sequences * config.heads() * tokens;
        var largest = new Buffer(rows);
        var shares = new Buffer(rows);
        var attend =
                new Attend(step, config, sequences, tokens, qkv, out, largest, shares, rotation);
        tape.add(attend, List.of(qkv), List.of(out), largest, shares);
        scratch(Attend.ownBytes(step, config, tokens), 0);
        return out;
    }

    @Override
    public Value swiglu(Value x, Parameter gate, Parameter up) {
        var out = value(x.rows, gate.rows());
        var gated = new Buffer(out.elements());
        var lifted = new Buffer(out.elements());
        var swiglu = new Swiglu(step, x, gate, up, out, gated, lifted);
        tape.add(swiglu, List.of(x), List.of(out), gated, lifted);
        scratch(0, Linear.sharedBytes(step, gate.rows(), x.width, x.rows.most));
        return out;
    }

    @Override
    public Value add(Value x, Value y) {
        var out = value(x.rows, x.width);
        tape.add(new Add(step, x, y, out), List.of(x, y), List.of(out));
        return out;
    }

    @Override
    public Value rows(Value x, int[] which) {
        var out = value(wanted, x.width);
        tape.add(new Rows(step, x, out), List.of(x), List.of(out));
        return out;
    }

    /// Sum of cross entropies of `hidden w^T`, without logits for all rows at a time.
    ///
    /// @param hidden after the final norm
    void loss(Value hidden, Parameter w) {
        int block = HeadLoss.block(hidden.rows.most);
        var logits = new Buffer((long) block * HeadLoss.logitRow(w.rows()));
        var losses = new Buffer(hidden.rows.most);
        var across = packed(w.rows(), hidden.width);
        var along = packed(hidden.width, w.rows());
        var loss = new HeadLoss(step, hidden, w, logits, losses, across, along);
        tape.add(loss, List.of(hidden), List.of(), logits, losses, across, along);
        scratch(0, Product.packedBytes(step.products, hidden.width, block));
    }

    private Buffer packed(int columns, int depth) {
        return new Buffer(Product.packedBytes(step.products, columns, depth) / Float.BYTES);
    }

    /// Bytes of scratch that each thread needs.
    long ownBytes() {
        return ownBytes;
    }

    /// Bytes of scratch that all threads share.
    long sharedBytes() {
        return sharedBytes;
    }
}

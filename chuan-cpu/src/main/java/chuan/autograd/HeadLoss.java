package chuan.autograd;

import chuan.cpu.WorkerPool;

/// Output matrix and cross entropy in one: logits exist for a block of rows at a time, and become
/// their own gradients there. All of it happens forwards.
///
/// Cross entropy takes a row, which lies in the first-level cache then, three times: maximum,
/// exponentials, scale. Of each logit 4 bytes come from further away and 4 go there.
final class HeadLoss implements Node {
    /// Rows of logits that exist at the same time.
    private static final int BLOCK = 256;

    private static final int PADDING = 16;

    private final Step step;
    private final Value x;
    private final Parameter w;
    private final Buffer logits;
    private final Buffer losses;

    /// The output matrix, packed for logits and for gradients.
    private final Buffer packedForward;

    private final Buffer packedBackward;
    private final Product forward;
    private final Product backward;
    private final Product weight;
    private final WorkerPool.Job entropy = this::entropy;
    private final StepTimes.Part entropyTime;
    private int first;

    HeadLoss(
            Step step,
            Value x,
            Parameter w,
            Buffer logits,
            Buffer losses,
            Buffer packedForward,
            Buffer packedBackward) {
        this.step = step;
        this.x = x;
        this.w = w;
        this.logits = logits;
        this.losses = losses;
        this.packedForward = packedForward;
        this.packedBackward = packedBackward;
        forward = new Product(step);
        backward = new Product(step);
        weight = new Product(step);
        entropyTime = step.times.part("of HeadLoss: cross entropy");
    }

    static int block(int rows) {
        return Math.min(rows, BLOCK);
    }

    /// Floats from a row of logits to the next: rows of a power of two would all want the same
    /// places of a cache when columns are read.
    static int logitRow(int vocab) {
        return Math.ceilDiv(vocab, PADDING) * PADDING + PADDING;
    }

    @Override
    public boolean rereads(Value value) {
        return false;
    }

    @Override
    public boolean differentiatesAhead() {
        return true;
    }

    @Override
    public void forward(Step now) {
        boolean learns = now.lossFactor != 0;
        long logitRow = (long) logitRow(w.rows()) * Float.BYTES;
        forward.b(w.address(), Float.BYTES, x.stride())
                .packAt(packedForward.address(), w.rows(), x.width);
        if (learns)
            backward.b(w.address(), x.stride(), Float.BYTES)
                    .packAt(packedBackward.address(), x.width, w.rows());
        for (first = 0; first < x.count(); first += BLOCK) {
            int rows = Math.min(BLOCK, x.count() - first);
            long at = first * x.stride();
            forward.a(x.data.address() + at, x.stride(), Float.BYTES)
                    .c(logits.address(), logitRow)
                    .runPacked(rows, false);
            now.pass(entropyTime, rows, 4, entropy);
            if (!learns) continue;
            backward.a(logits.address(), logitRow, Float.BYTES)
                    .c(x.gradient() + at, x.stride())
                    .runPacked(rows, false);
            weight.a(logits.address(), Float.BYTES, logitRow)
                    .b(x.data.address() + at, x.stride(), Float.BYTES)
                    .c(w.gradientAddress(), x.stride())
                    .run(w.rows(), x.width, rows, true);
        }
        double sum = 0;
        for (int i = 0; i < x.count(); i++) sum += Floats.get(losses.address(), i);
        now.loss = sum;
    }

    private void entropy(int worker, int from, int to) {
        float[] sums = step.scratch.sums(worker);
        for (int i = from; i < to; i++) {
            long row = logits.address() + (long) i * logitRow(w.rows()) * Float.BYTES;
            int label = step.labels[first + i];
            float loss = step.kernels.crossEntropy(row, w.rows(), label, step.lossFactor, sums);
            Floats.put(losses.address(), first + i, loss);
        }
    }

    @Override
    public void backward(Step now) {}
}

package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.Gemm;
import chuan.kernel.GradientKernels;
import chuan.model.Decoder;
import chuan.model.ModelConfig;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Losses and gradients of a model on the CPU: the decoder over [CpuTrainOps], and cross entropy.
/// Sums, not means: who adds several batches up divides by the labels of them all.
///
/// One thread calls; the work is shared among the threads of the pool. Allocates little once a
/// shape of batch has been seen. Owns its memory, not parameters and pool.
public final class CpuTraining implements AutoCloseable {
    /// Shapes of batches whose memory is kept.
    private static final int MOST_SHAPES = 4;

    private record Shape(int sequences, int tokens) {}

    private final class Plan implements AutoCloseable {
        final Tape tape = new Tape();
        final Value.Rows wanted;
        final int[] starts;

        Plan(Shape shape) {
            var ops = new CpuTrainOps(config, shape.sequences(), shape.tokens(), tape, step);
            var none = new int[0];
            var x = decoder.embed(ops, none);
            for (int layer = 0; layer < config.layers(); layer++) x = decoder.block(ops, layer, x);
            ops.loss(decoder.norm(ops, ops.rows(x, none)), decoder.weights().output());
            ops.finish();
            wanted = ops.wanted();
            starts = new int[Math.multiplyExact(shape.sequences(), shape.tokens())];
        }

        void setStarts(int[] segments, int tokens) {
            for (int i = 0; i < starts.length; i++) {
                int at = i % tokens;
                boolean goesOn = at > 0 && (segments.length == 0 || segments[i] == segments[i - 1]);
                starts[i] = goesOn ? starts[i - 1] : at;
            }
        }

        @Override
        public void close() {
            tape.close();
        }
    }

    private final ModelConfig config;
    private final Decoder<Parameter> decoder;
    private final Step step;
    private final SequencedMap<Shape, Plan> plans = new LinkedHashMap<>(8, 0.75f, true);

    public CpuTraining(
            ModelConfig config,
            Parameters parameters,
            Gemm gemm,
            GradientKernels kernels,
            WorkerPool pool) {
        if (config.normalizedHead())
            throw new IllegalArgumentException(
                    "training a model with a normalised head is not supported");
        this.config = config;
        decoder = new Decoder<>(config, parameters.weights());
        step = new Step(gemm, kernels, pool);
    }

    /// Adds the gradients of `factor * sum of losses` to those of the parameters.
    ///
    /// @param ids `[sequences * tokens]`
    /// @param segments for each position the number of its document within the row, equal numbers
    ///   side by side; empty if every row is one document
    /// @param wanted rows whose losses count, ascending
    /// @param labels of these rows
    /// @param factor not 0, such as one over all labels of a step
    /// @return the sum of the losses in nats
    public double backward(
            int sequences,
            int tokens,
            int[] ids,
            int[] segments,
            int[] wanted,
            int[] labels,
            float factor) {
        if (wanted.length == 0) return 0;
        var plan = run(sequences, tokens, ids, segments, wanted, labels, factor);
        plan.tape.backward(step);
        return step.loss;
    }

    /// The sum of the losses in nats, no gradients.
    public double loss(
            int sequences, int tokens, int[] ids, int[] segments, int[] wanted, int[] labels) {
        if (wanted.length == 0) return 0;
        run(sequences, tokens, ids, segments, wanted, labels, 0);
        return step.loss;
    }

    private Plan run(
            int sequences,
            int tokens,
            int[] ids,
            int[] segments,
            int[] wanted,
            int[] labels,
            float factor) {
        var plan = plan(new Shape(sequences, tokens));
        plan.setStarts(segments, tokens);
        plan.wanted.count = wanted.length;
        step.ids = ids;
        step.starts = plan.starts;
        step.wanted = wanted;
        step.labels = labels;
        step.lossFactor = factor;
        plan.tape.forward(step);
        return plan;
    }

    private Plan plan(Shape shape) {
        var plan = plans.get(shape);
        if (plan != null) return plan;
        if (plans.size() == MOST_SHAPES) {
            var eldest = plans.pollFirstEntry();
            eldest.getValue().close();
        }
        plan = new Plan(shape);
        plans.put(shape, plan);
        return plan;
    }

    /// Bytes of values, gradients of values, and scratch of all shapes seen.
    public long bytes() {
        long bytes = 0;
        for (var plan : plans.values()) bytes += plan.tape.bytes();
        return bytes;
    }

    @Override
    public void close() {
        plans.values().forEach(Plan::close);
        step.scratch.close();
    }
}

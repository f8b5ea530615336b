package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.GradientKernels;
import chuan.model.Decoder;
import chuan.model.ModelConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// Losses and gradients of a model on the CPU: the decoder over [CpuTrainOps], and cross entropy.
/// Sums, not means: who adds several batches up divides by the labels of them all.
///
/// One thread calls; the work is shared among the threads of the pool. Allocates nothing once a
/// shape of batch has been seen. Owns its memory, not parameters and pool.
public final class CpuTraining implements AutoCloseable {
    /// Shapes of batches whose tapes are kept. They have their memory in common.
    private static final int MOST_SHAPES = 8;

    /// The tape of one shape of batch.
    private static final class Plan {
        final int sequences;
        final int tokens;
        final Tape tape;
        final CpuTrainOps ops;
        final int[] starts;

        Plan(Decoder<Parameter> decoder, int sequences, int tokens, boolean recompute, Step step) {
            this.sequences = sequences;
            this.tokens = tokens;
            tape = new Tape(step.times);
            ops = new CpuTrainOps(decoder.config(), sequences, tokens, tape, step);
            var none = new int[0];
            var x = decoder.embed(ops, none);
            for (int layer = 0; layer < decoder.config().layers(); layer++) {
                if (recompute) tape.beginSegment();
                x = decoder.block(ops, layer, x);
            }
            tape.endSegment();
            ops.loss(decoder.norm(ops, ops.rows(x, none)), decoder.weights().output());
            tape.layOut();
            starts = new int[Math.multiplyExact(sequences, tokens)];
        }

        void setStarts(int[] segments) {
            for (int i = 0; i < starts.length; i++) {
                int at = i % tokens;
                boolean goesOn = at > 0 && (segments.length == 0 || segments[i] == segments[i - 1]);
                starts[i] = goesOn ? starts[i - 1] : at;
            }
        }
    }

    private final Decoder<Parameter> decoder;
    private final boolean recompute;
    private final Step step;
    private final Workspace workspace = new Workspace();

    /// The one used last is the first.
    private final List<Plan> plans = new ArrayList<>();

    /// @param recompute whether to keep of each layer what it begins with only, and to run it again
    ///   for its derivative: the same bits, less memory, about a quarter more work in the layers
    /// @param products of matrices, those of attention too: in fp32, or of operands rounded to bf16
    public CpuTraining(
            ModelConfig config,
            Parameters parameters,
            boolean recompute,
            BlockProduct products,
            GradientKernels kernels,
            WorkerPool pool) {
        if (config.normalizedHead())
            throw new IllegalArgumentException(
                    "training a model with a normalised head is not supported");
        decoder = new Decoder<>(config, parameters.weights());
        this.recompute = recompute;
        step = new Step(products, kernels, pool);
    }

    /// What training takes, batches of this shape and [AdamW] included.
    public static TrainingMemory memory(
            ModelConfig config,
            int sequences,
            int tokens,
            boolean recompute,
            BlockProduct products,
            GradientKernels kernels,
            WorkerPool pool) {
        var parameters = new LinkedHashMap<String, Parameter>();
        var decoder = new Decoder<>(config, Parameters.tree(config, parameters));
        var step = new Step(products, kernels, pool);
        var plan = new Plan(decoder, sequences, tokens, recompute, step);
        step.scratch.close();
        long weights = Parameters.bytes(parameters.values());
        return new TrainingMemory(
                weights,
                weights,
                2 * weights,
                plan.tape.bytes(),
                Scratch.bytes(pool.threads(), plan.ops.ownBytes(), plan.ops.sharedBytes()));
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
        var plan = plan(sequences, tokens);
        plan.setStarts(segments);
        plan.ops.wanted().count = wanted.length;
        step.ids = ids;
        step.starts = plan.starts;
        step.wanted = wanted;
        step.labels = labels;
        step.lossFactor = factor;
        plan.tape.forward(step);
        return plan;
    }

    private Plan plan(int sequences, int tokens) {
        for (int i = 0; i < plans.size(); i++) {
            var plan = plans.get(i);
            if (plan.sequences != sequences || plan.tokens != tokens) continue;
            if (i > 0) {
                plans.remove(i);
                plans.addFirst(plan);
            }
            return plan;
        }
        if (plans.size() == MOST_SHAPES) plans.removeLast();
        var plan = new Plan(decoder, sequences, tokens, recompute, step);
        plans.addFirst(plan);
        step.scratch.reserve(plan.ops.ownBytes(), plan.ops.sharedBytes());
        boolean moved = workspace.reserve(plan.tape.bytes());
        for (var each : plans) if (moved || each == plan) each.tape.placeIn(workspace.address());
        return plan;
    }

    /// Bytes of values, gradients of values, and scratch, for all shapes seen.
    public long bytes() {
        return workspace.bytes() + step.scratch.bytes();
    }

    /// Where the time goes.
    public StepTimes times() {
        return step.times;
    }

    @Override
    public void close() {
        workspace.close();
        step.scratch.close();
    }
}

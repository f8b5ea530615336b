package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.GradientKernels;

/// What the nodes of a tape share: kernels, threads, scratch, and the batch of the step.
final class Step {
    final BlockProduct products;
    final GradientKernels kernels;
    final WorkerPool pool;
    final Scratch scratch;
    final StepTimes times = new StepTimes();

    /// Token ids `[sequences * tokens]`.
    int[] ids = new int[0];

    /// For each position the first one of its document, counted within its row.
    int[] starts = new int[0];

    /// Rows whose logits are asked for, and what should follow them.
    int[] wanted = new int[0];

    int[] labels = new int[0];

    /// By which losses are multiplied before they are differentiated; 0 = no gradients.
    float lossFactor;

    /// Sum of the losses of the wanted rows, in nats.
    double loss;

    Step(BlockProduct products, GradientKernels kernels, WorkerPool pool) {
        this.products = products;
        this.kernels = kernels;
        this.pool = pool;
        scratch = new Scratch(pool.threads());
    }

    /// A pass over elements, which is accounted for by itself.
    void pass(StepTimes.Part time, int pieces, int chunk, WorkerPool.Job job) {
        long start = System.nanoTime();
        pool.run(pieces, chunk, job);
        time.add(System.nanoTime() - start);
    }
}

package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.BlockProduct;
import chuan.kernel.GradientKernels;
import chuan.model.ModelConfig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/// Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") for the
/// matrices of the layers: momentum, Nesterov's look ahead, and of that a nearly orthogonal matrix
/// ([NewtonSchulz]). Embedding, head and gains are left to [AdamW]. Queries, keys and values are
/// three matrices, though they lie in one.
///
/// A matrix moves by `0.2 sqrt(max(rows, columns))` times the orthogonal one, after Liu et al.
/// 2025, "Muon is scalable for LLM training": its elements then have the root mean square that
/// updates of AdamW usually have, so both can share learning rate and decay.
///
/// A thread takes a whole matrix: products stay in that core's cache, and no thread waits for
/// another. Each needs scratch of some five times the largest matrix.
public final class Muon implements Optimizer {
    /// Root mean square of AdamW's updates.
    private static final double TYPICAL_UPDATE = 0.2;

    /// @param momentum share of the old momentum that stays
    /// @param iterations of Newton and Schulz
    /// @param rate learning rate of these matrices over that of all else
    /// @param decay of these matrices
    public record Settings(double momentum, int iterations, double rate, double decay) {}

    /// Rows of a parameter that are a matrix of their own.
    private record Matrix(Parameter parameter, long at, long momentum, int rows, int columns) {
        int shorter() {
            return Math.min(rows, columns);
        }

        /// Multiply-adds of an iteration.
        double cost() {
            return (2.0 * Math.max(rows, columns) + shorter()) * shorter() * shorter();
        }

        long rowBytes() {
            return (long) columns * Float.BYTES;
        }
    }

    private final Settings settings;
    private final GradientKernels kernels;
    private final WorkerPool pool;
    private final Arena arena = Arena.ofShared();
    private final SequencedMap<String, MemorySegment> state = new LinkedHashMap<>();
    private final List<Parameter> taken = new ArrayList<>();
    private final List<Matrix> matrices = new ArrayList<>();
    private final NewtonSchulz[] orthogonal;
    private final WorkerPool.Job updating = this::update;
    private float rate;
    private float clip;

    public Muon(
            ModelConfig config,
            Parameters parameters,
            Settings settings,
            BlockProduct products,
            GradientKernels kernels,
            WorkerPool pool) {
        this.settings = settings;
        this.kernels = kernels;
        this.pool = pool;
        for (var block : parameters.weights().blocks())
            taken.addAll(
                    List.of(
                            block.qkv(),
                            block.attentionOut(),
                            block.gate(),
                            block.up(),
                            block.down()));
        var momenta = Parameters.slices(taken, arena);
        for (int i = 0; i < taken.size(); i++)
            state.put("momentum." + taken.get(i).name(), momenta.get(i));
        for (var block : parameters.weights().blocks()) {
            cut(block.qkv(), config.queryWidth(), config.kvWidth(), config.kvWidth());
            for (var w : List.of(block.attentionOut(), block.gate(), block.up(), block.down()))
                cut(w, w.rows());
        }
        // The largest first, so that all threads end at nearly the same time.
        matrices.sort(Comparator.comparingDouble(Matrix::cost).reversed());
        orthogonal = new NewtonSchulz[pool.threads()];
        for (int i = 0; i < orthogonal.length; i++)
            orthogonal[i] = scratch(products, settings.iterations());
    }

    private void cut(Parameter p, int... parts) {
        long momentum = Objects.requireNonNull(state.get("momentum." + p.name())).address();
        long at = 0;
        for (int rows : parts) {
            var matrix = new Matrix(p, at, momentum + at, rows, p.columns());
            matrices.add(matrix);
            at += rows * matrix.rowBytes();
        }
    }

    private NewtonSchulz scratch(BlockProduct products, int iterations) {
        int rows = 0;
        int columns = 0;
        int shorter = 0;
        for (var matrix : matrices) {
            rows = Math.max(rows, matrix.rows);
            columns = Math.max(columns, matrix.columns);
            shorter = Math.max(shorter, matrix.shorter());
        }
        return new NewtonSchulz(products, kernels, iterations, rows, columns, shorter);
    }

    /// Those that are left to another optimizer.
    public List<Parameter> others(Parameters parameters) {
        return parameters.all().stream().filter(p -> !taken.contains(p)).toList();
    }

    @Override
    public void step(double learningRate, double clip) {
        rate = (float) (learningRate * settings.rate());
        this.clip = (float) clip;
        pool.run(matrices.size(), 1, updating);
    }

    private void update(int worker, int from, int to) {
        for (int i = from; i < to; i++) update(matrices.get(i), orthogonal[worker]);
    }

    /// With `m` the old momentum and `g` the gradient: `m = beta m + (1 - beta) g`, then the
    /// orthogonal one of `beta m + (1 - beta) g`.
    private void update(Matrix matrix, NewtonSchulz direction) {
        float beta = (float) settings.momentum();
        float fresh = (float) (1 - settings.momentum()) * clip;
        direction.resize(matrix.rows, matrix.columns);
        int n = matrix.columns;
        for (int i = 0; i < matrix.rows; i++) {
            long g = matrix.parameter.gradientAddress() + matrix.at + i * matrix.rowBytes();
            long m = matrix.momentum + i * matrix.rowBytes();
            kernels.blend(beta, m, fresh, g, n, m);
            kernels.blend(beta, m, fresh, g, n, direction.row(i));
            Floats.clear(g, n);
        }
        direction.run();
        int longer = Math.max(matrix.rows, matrix.columns);
        float keep = (float) (1 - rate * settings.decay());
        float move = (float) (-rate * TYPICAL_UPDATE * Math.sqrt(longer));
        for (int i = 0; i < matrix.rows; i++) {
            long p = matrix.parameter.address() + matrix.at + i * matrix.rowBytes();
            kernels.blend(keep, p, move, direction.row(i), n, p);
        }
    }

    /// The momenta by `momentum.NAME`.
    @Override
    public SequencedMap<String, MemorySegment> state() {
        return state;
    }

    /// Steps are all alike.
    @Override
    public void resumeAt(long steps) {}

    @Override
    public void close() {
        for (var worker : orthogonal) worker.close();
        arena.close();
    }
}

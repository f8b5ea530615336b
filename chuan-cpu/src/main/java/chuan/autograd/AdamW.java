package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.GradientKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/// AdamW (Loshchilov and Hutter 2019) in one pass over each parameter, gradient clipping included.
/// Matrices decay, the embedding among them; norm gains do not, as in the official training code.
/// Gradients are cleared in the same pass: of each scalar 16 bytes are read and 16 written, and
/// nothing is read twice.
///
/// Owns its moments, not the parameters.
public final class AdamW implements Optimizer {
    /// Elements of a piece of work.
    private static final int BLOCK = 1 << 14;

    private record Piece(Parameter parameter, long first, long second, long at, int count) {}

    private final double decay;
    private final GradientKernels kernels;
    private final WorkerPool pool;
    private final Arena arena = Arena.ofShared();
    private final SequencedMap<String, MemorySegment> state = new LinkedHashMap<>();
    private final List<Piece> pieces = new ArrayList<>();
    private final WorkerPool.Job updating = (_, from, to) -> update(from, to);
    private final GradientKernels.AdamWSettings settings;
    private float clip;
    private float keep;
    private float rate;
    private float root;
    private long steps;

    public AdamW(
            List<Parameter> parameters,
            double beta1,
            double beta2,
            double eps,
            double decay,
            GradientKernels kernels,
            WorkerPool pool) {
        settings = new GradientKernels.AdamWSettings((float) beta1, (float) beta2, (float) eps);
        this.decay = decay;
        this.kernels = kernels;
        this.pool = pool;
        for (String moment : List.of("first.", "second.")) {
            var slices = Parameters.slices(parameters, arena).iterator();
            for (var p : parameters) state.put(moment + p.name(), slices.next());
        }
        for (var p : parameters)
            for (long from = 0; from < p.count(); from += BLOCK)
                pieces.add(
                        new Piece(
                                p,
                                address("first.", p),
                                address("second.", p),
                                from * Float.BYTES,
                                (int) Math.min(BLOCK, p.count() - from)));
    }

    private long address(String moment, Parameter p) {
        return Objects.requireNonNull(state.get(moment + p.name())).address();
    }

    @Override
    public void step(double learningRate, double clip) {
        steps++;
        double first = 1 - Math.pow(settings.beta1(), steps);
        double second = 1 - Math.pow(settings.beta2(), steps);
        this.clip = (float) clip;
        keep = (float) (1 - learningRate * decay);
        rate = (float) (learningRate / first);
        root = (float) (1 / Math.sqrt(second));
        pool.run(pieces.size(), 4, updating);
    }

    private void update(int from, int to) {
        for (int i = from; i < to; i++) {
            var piece = pieces.get(i);
            var p = piece.parameter;
            kernels.adamW(
                    p.address() + piece.at,
                    p.gradientAddress() + piece.at,
                    piece.first + piece.at,
                    piece.second + piece.at,
                    piece.count,
                    clip,
                    p.isMatrix() ? keep : 1,
                    rate,
                    root,
                    settings);
        }
    }

    /// The moments by `first.NAME` and `second.NAME`.
    @Override
    public SequencedMap<String, MemorySegment> state() {
        return state;
    }

    @Override
    public void resumeAt(long steps) {
        this.steps = steps;
    }

    @Override
    public void close() {
        arena.close();
    }
}

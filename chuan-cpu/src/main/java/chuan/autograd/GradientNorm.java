package chuan.autograd;

import chuan.cpu.WorkerPool;
import chuan.kernel.GradientKernels;
import chuan.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;

/// The length of all gradients together. Sums of squares are added in double precision, block after
/// block: the same for any number of threads.
public final class GradientNorm {
    /// Elements of a partial sum.
    private static final int BLOCK = 1 << 14;

    private record Piece(long address, int count) {}

    private final List<Piece> pieces = new ArrayList<>();
    private final GradientKernels kernels;
    private final WorkerPool pool;
    private final double[] squares;
    private final float[][] sums;
    private final WorkerPool.Job squaring = this::square;

    public GradientNorm(List<Parameter> parameters, GradientKernels kernels, WorkerPool pool) {
        this.kernels = kernels;
        this.pool = pool;
        for (var p : parameters)
            for (long from = 0; from < p.count(); from += BLOCK)
                pieces.add(
                        new Piece(
                                p.gradientAddress() + from * Float.BYTES,
                                (int) Math.min(BLOCK, p.count() - from)));
        squares = new double[pieces.size()];
        sums = new float[pool.threads()][Kernels.LANES];
    }

    /// Of the gradients as they are now.
    public double measure() {
        pool.run(pieces.size(), 4, squaring);
        double sum = 0;
        for (double square : squares) sum += square;
        return Math.sqrt(sum);
    }

    private void square(int worker, int from, int to) {
        for (int i = from; i < to; i++) {
            var piece = pieces.get(i);
            squares[i] = kernels.dot(piece.address, piece.address, piece.count, sums[worker]);
        }
    }
}

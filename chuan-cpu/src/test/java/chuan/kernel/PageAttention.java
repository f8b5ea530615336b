package chuan.kernel;

import chuan.kernel.KernelInputs.Run;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/// A tile of queries that visits a page twice, the second time from nearer, so that the largest
/// score grows: all that the verbs of attention write on the way.
final class PageAttention {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final float SCALE = 0.125f;
    private static final float SLOPE = 0.01f;

    private PageAttention() {}

    /// Of each query: its dot products, and per visit the weights, the factor, the state and the
    /// sum of values, which begins with the query.
    static float[] of(
            Kernels kernels, KvFormat format, float[] q, int dim, Run keys, Run values, int n) {
        int queries = q.length / dim;
        try (var arena = Arena.ofConfined()) {
            var tile = arena.allocateFrom(FLOAT, q);
            var sums = arena.allocateFrom(FLOAT, q);
            var scores = arena.allocate(4L * queries * Kernels.PAGE, 64);
            long scratch = arena.allocate(4L * Kernels.PAGE * dim, 64).address();
            var log = new Log(new float[queries * (n + 2 * (n + 3 + dim))]);
            var state = new float[2 * queries];
            for (int i = 0; i < queries; i++) state[2 * i] = Float.NEGATIVE_INFINITY;
            for (int visit = 0; visit < 2; visit++) {
                kernels.scoresTile(
                        tile.address(),
                        queries,
                        format,
                        keys.address(),
                        keys.scales(),
                        dim,
                        n,
                        scores.address(),
                        scratch);
                for (int i = 0; i < queries; i++) {
                    long row = 4L * i * Kernels.PAGE;
                    if (visit == 0) log.add(scores, row, n);
                    float factor =
                            kernels.softmaxPage(
                                    scores.address() + row,
                                    n,
                                    SCALE,
                                    SLOPE,
                                    5000 * (1 - visit) + i,
                                    state,
                                    2 * i,
                                    new float[Kernels.LANES]);
                    log.add(scores, row, n);
                    log.add(factor, state[2 * i], state[2 * i + 1]);
                    kernels.multiply(sums.address() + 4L * i * dim, dim, factor);
                }
                kernels.addWeightedTile(
                        scores.address(),
                        queries,
                        n,
                        format,
                        values.address(),
                        values.scales(),
                        dim,
                        sums.address(),
                        scratch);
                for (int i = 0; i < queries; i++) log.add(sums, 4L * i * dim, dim);
            }
            Reference.reachabilityFence(keys);
            Reference.reachabilityFence(values);
            return log.entries;
        }
    }

    private static final class Log {
        private final float[] entries;
        private int size;

        Log(float[] entries) {
            this.entries = entries;
        }

        void add(MemorySegment from, long offset, int n) {
            MemorySegment.copy(from, FLOAT, offset, entries, size, n);
            size += n;
        }

        void add(float... values) {
            System.arraycopy(values, 0, entries, size, values.length);
            size += values.length;
        }
    }
}

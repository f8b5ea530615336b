package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.kernel.Matrix;
import chuan.kernel.QuantizedRows;
import chuan.kernel.TiledRows;
import chuan.kernel.WeightFormat;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The verbs over [Kernels], the threads of a [WorkerPool] and places that are used again and
/// again: once they have grown to the largest step, nothing is allocated.
///
/// [#begin] opens a step. What `embed` returns lives to the end of the step; any other result lives
/// through the next three verbs (the residual stream is the only value of a decoder that lives
/// longer, and `add` keeps it in its place). Not thread-safe.
final class CpuOps implements Ops<Activation, CpuWeight> {

    /// Less work than this, in multiply-adds, is done before another thread could help: a few
    /// microseconds of one core.
    static final long WORTH_SHARING = 100_000;

    /// Multiply-adds handed out at once, at most: ten to fifty microseconds.
    private static final long CHUNK = 250_000;

    /// What quantizing one activation costs, in multiply-adds.
    private static final long QUANTIZE_WORK = 16;

    /// Rows of a weight that are handed out together.
    private static final int ROW_GROUP = 16;

    /// What adding, scaling or copying an element costs, in multiply-adds of a product.
    private static final long ELEMENT_WORK = 4;

    /// Groups of rows that are handed out together where there are enough for all, about a megabyte
    /// of int4: one token reads them in one stream (with 8 groups, a token of the 13B took 7 %
    /// more), and many tokens pass by while they are in the cache. Towards the end of a job
    /// [WorkerPool] hands out fewer.
    private static final int GROUPS = 32;

    private static final int PLACES = 4;

    private final Kernels kernels;
    private final ActivationType activations;
    private final WorkerPool pool;

    /// Per worker.
    private final float[][] scratch;

    private final Activation stream = new Activation();
    private final Activation up = new Activation();
    private final Activation[] places = new Activation[PLACES];
    private int place;

    /// Where the next product goes instead of a place.
    private final Activation elsewhere = new Activation();

    private boolean isElsewhere;

    /// The input of the product at hand for weights in panels, and for a second weight of another
    /// format.
    private final QuantizedRows quantized = new QuantizedRows();

    private final QuantizedRows quantizedToo = new QuantizedRows();

    /// The same for other weights, where there are many tokens.
    private final TiledRows tiled = new TiledRows();

    private final QuantizeJob quantizeJob = new QuantizeJob();
    private final ArrangeJob arrangeJob = new ArrangeJob();
    private final LinearJob linearJob = new LinearJob();
    private final SwigluJob swigluJob = new SwigluJob();
    private final NormJob normJob = new NormJob();
    private final AddJob addJob = new AddJob();
    private final BesideJob besideJob = new BesideJob();
    private final Attention attention;

    CpuOps(
            ModelConfig config,
            Kernels kernels,
            ActivationType activations,
            Window window,
            WorkerPool pool) {
        this.kernels = kernels;
        this.activations = activations;
        this.pool = pool;
        int widest = Math.max(config.ff(), Math.max(config.hidden(), config.queryWidth()));
        scratch = new float[pool.threads()][kernels.scratchFloats(widest)];
        Arrays.setAll(places, _ -> new Activation());
        attention = new Attention(config, kernels, pool, window);
    }

    /// Opens a step. It is read again and again until the next begins.
    ///
    /// @throws KvMemoryException if there is no memory for the keys and values of its rows
    void begin(Step step) {
        isElsewhere = false;
        attention.begin(step);
    }

    Attention attention() {
        return attention;
    }

    @Override
    public Activation embed(CpuWeight table, int[] ids) {
        Matrix m = matrix(table);
        stream.shape(ids.length, m.columns());
        for (int i = 0; i < ids.length; i++) {
            int id = ids[i];
            if (id < 0 || id >= m.rows())
                throw new IllegalArgumentException(
                        "token id " + id + " is outside the vocabulary of " + m.rows());
            int at = i * m.columns();
            kernels.widen(m, id, stream.data(), at);
            if (m.format() == WeightFormat.INT8)
                for (int k = 0; k < m.columns(); k++) stream.data()[at + k] *= m.scales()[id];
        }
        return stream;
    }

    @Override
    public Activation rmsNorm(Activation x, CpuWeight gain, float eps) {
        var values = ((CpuWeight.Gain) gain).values();
        same("rmsNorm", x.width(), values.length);
        var out = next(x.rows(), x.width());
        normJob.x = x;
        normJob.gain = values;
        normJob.eps = eps;
        normJob.out = out.data();
        share(pool, x.rows(), ELEMENT_WORK * x.width(), normJob);
        return out;
    }

    @Override
    public Activation linear(Activation x, CpuWeight w) {
        if (w instanceof CpuWeight.Stacked(List<Matrix> parts)) return stacked(x, parts);
        Matrix m = matrix(w);
        var out = isElsewhere ? elsewhere.shape(x.rows(), m.rows()) : next(x.rows(), m.rows());
        isElsewhere = false;
        multiply(x, m, out);
        return out;
    }

    /// The result of the next `linear` of a whole matrix in this step is to be written to the start
    /// of `out`, which has room for it.
    void nextProductTo(float[] out) {
        elsewhere.over(out);
        isElsewhere = true;
    }

    /// One matrix after the other, the results side by side.
    private Activation stacked(Activation x, List<Matrix> parts) {
        int width = 0;
        for (int i = 0; i < parts.size(); i++) width += parts.get(i).rows();
        var out = next(x.rows(), width);
        int at = 0;
        for (int i = 0; i < parts.size(); i++) {
            Matrix m = parts.get(i);
            multiply(x, m, up.shape(x.rows(), m.rows()));
            besideJob.from = up;
            besideJob.to = out;
            besideJob.at = at;
            share(pool, x.rows(), ELEMENT_WORK * m.rows(), besideJob);
            at += m.rows();
        }
        return out;
    }

    private void multiply(Activation x, Matrix m, Activation out) {
        same("linear", x.width(), m.columns());
        linearJob.weight = m;
        linearJob.x = x;
        linearJob.rows = quantize(x, m.format(), quantized);
        linearJob.tiled = arrange(x, m);
        linearJob.y = out;
        shareRows(m.rows(), (long) m.columns() * x.rows(), linearJob);
    }

    @Override
    public Activation attend(int layer, Activation qkv) {
        var out = next(qkv.rows(), attention.width());
        attention.attend(layer, qkv, out);
        return out;
    }

    @Override
    public Activation swiglu(Activation x, CpuWeight gate, CpuWeight upWeight) {
        Matrix m = matrix(gate);
        same("swiglu", x.width(), m.columns());
        same("swiglu", m.rows(), matrix(upWeight).rows());
        var out = next(x.rows(), m.rows());
        Matrix upMatrix = matrix(upWeight);
        swigluJob.gate = m;
        swigluJob.up = upMatrix;
        swigluJob.x = x;
        swigluJob.rows = quantize(x, m.format(), quantized);
        swigluJob.upRows =
                upMatrix.format() == m.format()
                        ? swigluJob.rows
                        : quantize(x, upMatrix.format(), quantizedToo);
        swigluJob.tiled = arrange(x, m);
        swigluJob.upTiled =
                upMatrix.format() == m.format() ? swigluJob.tiled : arrange(x, upMatrix);
        swigluJob.gated = out;
        up.shape(x.rows(), m.rows());
        shareRows(m.rows(), 2L * m.columns() * x.rows(), swigluJob);
        return out;
    }

    @Override
    public Activation add(Activation x, Activation y) {
        same("add", x.width(), y.width());
        same("add", x.rows(), y.rows());
        addJob.x = x;
        addJob.y = y.data();
        share(pool, x.rows(), ELEMENT_WORK * x.width(), addJob);
        return x;
    }

    @Override
    public Activation rows(Activation x, int[] which) {
        var out = next(which.length, x.width());
        for (int i = 0; i < which.length; i++)
            System.arraycopy(x.data(), which[i] * x.width(), out.data(), i * x.width(), x.width());
        return out;
    }

    /// `x` as weights of this format meet it: quantized to `out`, or null for as it is.
    private @Nullable QuantizedRows quantize(Activation x, WeightFormat format, QuantizedRows out) {
        if (activations == ActivationType.F32 || !format.isPanels()) return null;
        kernels.prepare(x.rows(), x.width(), out);
        quantizeJob.x = x.data();
        quantizeJob.format = format;
        quantizeJob.rows = out;
        share(pool, x.rows(), QUANTIZE_WORK * x.width(), quantizeJob);
        return out;
    }

    /// `x` as many tokens meet this matrix: laid out, or null for as it is.
    private @Nullable TiledRows arrange(Activation x, Matrix m) {
        if (!kernels.arranges(m, x.rows())) return null;
        kernels.prepare(x.rows(), x.width(), tiled);
        arrangeJob.x = x.data();
        share(pool, x.rows(), x.width(), arrangeJob);
        return tiled;
    }

    /// Rows `[from, to)` of `w` times `x`, or its quantized or arranged form where there is one.
    private void multiply(
            Matrix w,
            int from,
            int to,
            Activation x,
            @Nullable QuantizedRows rows,
            @Nullable TiledRows many,
            float[] y,
            float[] threadScratch) {
        if (many != null) kernels.matmul(w, from, to, many, y, threadScratch);
        else if (rows == null) kernels.matmul(w, from, to, x.data(), x.rows(), y, threadScratch);
        else kernels.matmul(w, from, to, rows, y, threadScratch);
    }

    private Activation next(int rows, int width) {
        place = (place + 1) % PLACES;
        return places[place].shape(rows, width);
    }

    /// Shares `rows` weight rows, each of which costs `workPerRow` multiply-adds.
    private void shareRows(int rows, long workPerRow, WorkerPool.Job job) {
        share(pool, Math.ceilDiv(rows, ROW_GROUP), workPerRow * ROW_GROUP, GROUPS, job);
    }

    /// Does `pieces` of a job, with the help of others where that is worth it.
    static void share(WorkerPool pool, int pieces, long workPerPiece, WorkerPool.Job job) {
        share(pool, pieces, workPerPiece, 1, job);
    }

    /// @param together pieces that one thread had better do
    private static void share(
            WorkerPool pool, int pieces, long workPerPiece, int together, WorkerPool.Job job) {
        if (pieces * workPerPiece < WORTH_SHARING) {
            job.run(0, 0, pieces);
        } else {
            int most = Math.max(1, pieces / pool.threads());
            int chunk = (int) Math.clamp(CHUNK / workPerPiece, Math.min(together, most), most);
            pool.run(pieces, chunk, job);
        }
    }

    private static Matrix matrix(CpuWeight w) {
        return switch (w) {
            case CpuWeight.Linear(Matrix matrix) -> matrix;
            case CpuWeight.Gain _, CpuWeight.Stacked _ ->
                    throw new IllegalArgumentException("no single matrix where one belongs");
        };
    }

    private static void same(String verb, int a, int b) {
        if (a != b) throw new IllegalArgumentException(verb + ": width " + a + " meets " + b);
    }

    private final class NormJob implements WorkerPool.Job {
        private Activation x = stream;
        private float[] gain = new float[0];
        private float eps;
        private float[] out = gain;

        @Override
        public void run(int worker, int from, int to) {
            int width = x.width();
            for (int r = from; r < to; r++)
                kernels.rmsNorm(x.data(), r * width, width, gain, eps, out, scratch[worker]);
        }
    }

    private final class AddJob implements WorkerPool.Job {
        private Activation x = stream;
        private float[] y = new float[0];

        @Override
        public void run(int worker, int from, int to) {
            kernels.add(x.data(), y, from * x.width(), to * x.width());
        }
    }

    /// Rows to their places in wider ones.
    private static final class BesideJob implements WorkerPool.Job {
        private Activation from = new Activation();
        private Activation to = from;
        private int at;

        @Override
        public void run(int worker, int first, int end) {
            for (int r = first; r < end; r++)
                System.arraycopy(
                        from.data(),
                        r * from.width(),
                        to.data(),
                        r * to.width() + at,
                        from.width());
        }
    }

    private final class QuantizeJob implements WorkerPool.Job {
        private float[] x = new float[0];
        private WeightFormat format = WeightFormat.PANEL4;
        private QuantizedRows rows = quantized;

        @Override
        public void run(int worker, int from, int to) {
            kernels.quantize(x, from, to, format, rows);
        }
    }

    private final class ArrangeJob implements WorkerPool.Job {
        private float[] x = new float[0];

        @Override
        public void run(int worker, int from, int to) {
            kernels.arrange(x, from, to, tiled);
        }
    }

    private final class LinearJob implements WorkerPool.Job {
        private @Nullable Matrix weight;
        private @Nullable QuantizedRows rows;
        private @Nullable TiledRows tiled;
        private Activation x = stream;
        private Activation y = stream;

        @Override
        public void run(int worker, int from, int to) {
            Matrix w = Objects.requireNonNull(weight);
            int end = Math.min(w.rows(), to * ROW_GROUP);
            multiply(w, from * ROW_GROUP, end, x, rows, tiled, y.data(), scratch[worker]);
        }
    }

    private final class SwigluJob implements WorkerPool.Job {
        private @Nullable Matrix gate;
        private @Nullable Matrix up;
        private @Nullable QuantizedRows rows;
        private @Nullable QuantizedRows upRows;
        private @Nullable TiledRows tiled;
        private @Nullable TiledRows upTiled;
        private Activation x = stream;
        private Activation gated = stream;

        @Override
        public void run(int worker, int from, int to) {
            Matrix g = Objects.requireNonNull(gate);
            Matrix u = Objects.requireNonNull(up);
            int first = from * ROW_GROUP;
            int end = Math.min(g.rows(), to * ROW_GROUP);
            float[] ups = CpuOps.this.up.data();
            multiply(g, first, end, x, rows, tiled, gated.data(), scratch[worker]);
            multiply(u, first, end, x, upRows, upTiled, ups, scratch[worker]);
            for (int t = 0; t < x.rows(); t++)
                kernels.siluTimes(gated.data(), ups, t * g.rows() + first, t * g.rows() + end);
        }
    }
}

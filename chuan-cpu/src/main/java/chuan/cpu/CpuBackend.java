package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.kernel.Matrix;
import chuan.model.Backend;
import chuan.model.ContextTooLongException;
import chuan.model.Decoder;
import chuan.model.KvCache;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import chuan.model.Weights;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;

/// A model on the CPU. The same bits come out for any division of a text into calls, any number of
/// threads and any [chuan.kernel.Kernels]. One call at a time; [#close] ends the threads and frees
/// the caches, also those that are still open.
public final class CpuBackend implements Backend {
    /// Tokens that pass through the layers together; more is done in turns. Bounds the memory
    /// between the verbs.
    static final int STEP = 128;

    private final Decoder<CpuWeight> decoder;
    private final CpuOptions options;
    private final WorkerPool pool;
    private final CpuOps ops;

    /// [#ops], or who watches them.
    private Ops<Activation, CpuWeight> verbs;

    private final KvPages kvPages;

    /// Arrays of each length, made when first needed.
    private final int[][] stepIds = new int[STEP + 1][];

    private final int[][] stepRows = new int[STEP + 1][];
    private boolean closed;

    public CpuBackend(ModelConfig config, Weights<CpuWeight> weights, CpuOptions options) {
        this.options = options;
        decoder = new Decoder<>(config, weights);
        pool = new WorkerPool(options.threads());
        ops = new CpuOps(config, options.kernels().kernels(), pool);
        verbs = ops;
        kvPages = new KvPages(config, options.kv());
    }

    /// Loads a model folder. Weights as stored are not read here but mapped.
    public static CpuBackend load(ModelFolder folder, CpuOptions options) {
        var loader = new WeightLoader(options.weights());
        return new CpuBackend(folder.config(), folder.weights(loader), options);
    }

    @Override
    public ModelConfig config() {
        return decoder.config();
    }

    @Override
    public String description() {
        var formats = new TreeSet<String>();
        for (var block : decoder.weights().blocks())
            for (Matrix matrix : matrices(block.qkv()))
                formats.add(matrix.format().name().toLowerCase(Locale.ROOT));
        return "CPU, %d thread%s, weights %s, keys and values %s, %s"
                .formatted(
                        options.threads(),
                        options.threads() == 1 ? "" : "s",
                        String.join("/", formats),
                        options.kv().name().toLowerCase(Locale.ROOT),
                        options.kernels().reason());
    }

    private static List<Matrix> matrices(CpuWeight weight) {
        return switch (weight) {
            case CpuWeight.Linear(Matrix matrix) -> List.of(matrix);
            case CpuWeight.Stacked(List<Matrix> parts) -> parts;
            case CpuWeight.Gain _ -> List.of();
        };
    }

    @Override
    public KvCache newCache(int capacity) {
        return kvPages.newCache(capacity);
    }

    @Override
    public void forward(KvCache cache, int[] ids, int from, int to, int wanted, float[] out) {
        Objects.checkFromToIndex(from, to, ids.length);
        if (wanted < 0 || wanted > to - from)
            throw new IllegalArgumentException(
                    "logits of " + wanted + " tokens wanted from a call of " + (to - from));
        if (out.length < (long) wanted * config().vocab())
            throw new IllegalArgumentException(
                    "%d floats have no room for %d rows of %d logits"
                            .formatted(out.length, wanted, config().vocab()));
        if (!(cache instanceof CpuKvCache kv) || kv.pool() != kvPages)
            throw new IllegalArgumentException("the cache is another back end's");
        if (closed) throw new IllegalStateException("the back end is closed");
        long length = (long) kv.length() + (to - from);
        if (length > kv.capacity()) throw new ContextTooLongException(length, kv.capacity());
        for (int at = from; at < to; at += STEP) {
            int end = Math.min(to, at + STEP);
            step(kv, ids, at, end, to - wanted, out);
        }
        Reference.reachabilityFence(decoder);
    }

    /// From now on every call also adds to the statistics that this returns.
    public InputStatistics observe() {
        var statistics = new InputStatistics(config(), decoder.weights());
        verbs = statistics.watching(ops);
        return statistics;
    }

    /// Tokens `[from, to)`; those from `firstWanted` on leave their logits in `out`.
    private void step(CpuKvCache kv, int[] ids, int from, int to, int firstWanted, float[] out) {
        int rows = to - from;
        int[] part = ofLength(stepIds, rows);
        System.arraycopy(ids, from, part, 0, rows);
        ops.begin(kv, rows);
        var x = decoder.embed(verbs, part);
        for (int layer = 0; layer < config().layers(); layer++) x = decoder.block(verbs, layer, x);
        kv.extend(rows);
        int first = Math.max(firstWanted, from);
        if (first >= to) return;
        int[] which = ofLength(stepRows, to - first);
        for (int i = 0; i < which.length; i++) which[i] = first - from + i;
        var logits = decoder.head(verbs, x, which);
        System.arraycopy(
                logits.data(), 0, out, (first - firstWanted) * config().vocab(), logits.size());
    }

    /// The threads beside the caller's.
    Thread[] workers() {
        return pool.workers();
    }

    private static int[] ofLength(int[][] arrays, int length) {
        int[] array = arrays[length];
        if (array == null) {
            array = new int[length];
            arrays[length] = array;
        }
        return array;
    }

    /// Bytes of keys and values that this back end holds, off the heap: those of open caches and
    /// free pages kept for the next.
    public long kvCommittedBytes() {
        return kvPages.committedBytes();
    }

    /// Bytes of keys and values of open caches, in whole pages.
    public long kvUsedBytes() {
        return kvPages.usedBytes();
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
        kvPages.close();
    }
}

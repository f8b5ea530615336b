package chuan.cpu;

import chuan.files.ModelFolder;
import chuan.kernel.EmittedKernels;
import chuan.kernel.Matrix;
import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.ContextTooLongException;
import chuan.model.Decoder;
import chuan.model.KvCache;
import chuan.model.ModelConfig;
import chuan.model.Ops;
import chuan.model.Weights;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/// A model on the CPU. The same bits come out for any division of a text into calls, whatever other
/// sequences are in a batch, for any number of threads and any [chuan.kernel.Kernels]. One call at
/// a time; [#close] ends the threads and frees the caches, also those that are still open.
public final class CpuBackend implements Backend {
    /// Tokens that pass through the layers together; more is done in turns. Bounds the memory
    /// between the verbs: 133 MB for Baichuan-13B, taken when a prompt of so many comes. Against
    /// 128 it saves an eighth of a prompt's time with AMX, a twentieth with AVX2: panels are
    /// unpacked, and weights read, a quarter as often.
    static final int STEP = 256;

    /// Threads that bring weights into memory, at least: reading a disk means waiting for it.
    private static final int LOADING_THREADS = 2;

    /// Weights of fewer bytes are there when [#load] returns.
    private static final long SMALL = 64 << 20;

    /// Bytes of a matrix of which the system is asked for at once.
    private static final long LARGE = 1 << 20;

    private final Decoder<CpuWeight> decoder;
    private final Loading loading;
    private final CpuOptions options;
    private final WorkerPool pool;
    private final CpuOps ops;

    /// [#ops], or who watches them.
    private Ops<Activation, CpuWeight> verbs;

    private final KvPages kvPages;

    /// Arrays of each length, made when first needed.
    private final int[][] stepIds = new int[STEP + 1][];

    private final int[][] stepRows = new int[STEP + 1][];
    private final Step step = new Step(STEP);
    private final Batch single = new Batch();

    /// What the sequences of a batch held before it.
    private int[] lengths = new int[0];

    /// What [#share] was given.
    private Pieces shared = (_, _, _) -> {};

    private final WorkerPool.Job runShared = (worker, from, to) -> shared.run(worker, from, to);

    private boolean closed;

    public CpuBackend(ModelConfig config, Weights<CpuWeight> weights, CpuOptions options) {
        this(config, weights, options, Loading.NONE);
    }

    private CpuBackend(
            ModelConfig config, Weights<CpuWeight> weights, CpuOptions options, Loading loading) {
        this.options = options;
        this.loading = loading;
        decoder = new Decoder<>(config, weights);
        pool = new WorkerPool(options.threads());
        ops =
                new CpuOps(
                        config,
                        options.kernels().kernels(),
                        options.activations(),
                        options.window(),
                        pool);
        verbs = ops;
        kvPages = new KvPages(config, options.kv());
    }

    /// Loads a model folder. Large matrices as stored come into memory while the first step runs; a
    /// damaged one is refused there, before any result is handed out.
    public static CpuBackend load(ModelFolder folder, CpuOptions options) {
        return load(folder, options, LoadProgress.NONE);
    }

    /// @param progress of what goes on after this returns, too
    public static CpuBackend load(ModelFolder folder, CpuOptions options, LoadProgress progress) {
        return load(folder, options, LARGE, progress);
    }

    /// @param large see [WeightPlacer]
    static CpuBackend load(
            ModelFolder folder, CpuOptions options, long large, LoadProgress progress) {
        var loading = new Loading(folder.config().layers());
        var form = WeightForm.of(options.weights(), options.placement(), options.activations());
        boolean panelsTell =
                options.activations() == ActivationType.INT8
                        && options.kernels().kernels() instanceof EmittedKernels;
        var placer = new WeightPlacer(form, large, panelsTell, loading);
        var weights = folder.weights(new WeightLoader(form, placer));
        loading.start(Math.max(LOADING_THREADS, options.threads()), progress);
        if (loading.totalBytes() < SMALL) loading.awaitAll();
        return new CpuBackend(folder.config(), weights, options, loading);
    }

    /// Returns when all weights are in memory.
    public void awaitWeights() {
        loading.awaitAll();
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
        boolean panels = formats.contains("panel4") || formats.contains("panel8");
        return "CPU, %d thread%s, weights %s%s, keys and values %s, %s"
                .formatted(
                        options.threads(),
                        options.threads() == 1 ? "" : "s",
                        String.join("/", formats),
                        panels ? " x " + lower(options.activations()) : "",
                        lower(options.kv()),
                        options.kernels().reason());
    }

    private static String lower(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
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
        forward(single.clear().add(cache, ids, from, to, wanted), out);
    }

    /// Whatever goes wrong (no memory, an id outside the vocabulary), all sequences hold in the end
    /// what they held before.
    @Override
    public void forward(Batch batch, float[] out) {
        check(batch, out);
        if (lengths.length < batch.size()) lengths = new int[2 * batch.size()];
        for (int i = 0; i < batch.size(); i++) lengths[i] = batch.cache(i).length();
        boolean done = false;
        try {
            run(batch, out);
            done = true;
        } finally {
            step.clear();
            for (int i = 0; !done && i < batch.size(); i++) batch.cache(i).truncate(lengths[i]);
        }
        Reference.reachabilityFence(decoder);
    }

    private void check(Batch batch, float[] out) {
        if (closed) throw new IllegalStateException("the back end is closed");
        batch.checkRoom(out, config().vocab());
        for (int i = 0; i < batch.size(); i++) {
            if (!(batch.cache(i) instanceof CpuKvCache kv) || kv.pool() != kvPages)
                throw new IllegalArgumentException("the cache is another back end's");
            long length = (long) kv.length() + (batch.to(i) - batch.from(i));
            if (length > kv.capacity()) throw new ContextTooLongException(length, kv.capacity());
        }
    }

    /// The tokens of all slices, one after another, in steps as full as they can be.
    private void run(Batch batch, float[] out) {
        int rows = 0;
        step.clear();
        for (int i = 0; i < batch.size(); i++) {
            var kv = (CpuKvCache) batch.cache(i);
            int to = batch.to(i);
            for (int at = batch.from(i); at < to; ) {
                int end = at + Math.min(to - at, step.room());
                step.add(kv, batch.ids(i), at, end, to - batch.wanted(i));
                at = end;
                if (step.room() == 0) rows += runStep(out, rows);
            }
        }
        if (step.rows() > 0) runStep(out, rows);
    }

    /// From now on every call also adds to the statistics that this returns.
    public InputStatistics observe() {
        var statistics = new InputStatistics(config(), decoder.weights());
        verbs = statistics.watching(ops);
        return statistics;
    }

    @Override
    public void hidden(KvCache cache, int[] ids, int from, int to, float[] out) {
        check(single.clear().add(cache, ids, from, to, 0), out);
        int width = config().hidden();
        if (out.length < (long) (to - from) * width)
            throw new IllegalArgumentException(
                    out.length + " floats have no room for the hidden states of " + (to - from));
        int length = cache.length();
        boolean done = false;
        try {
            for (int at = from; at < to; ) {
                int end = Math.min(to, at + STEP);
                step.clear().add((CpuKvCache) cache, ids, at, end, end);
                var x = decoder.norm(verbs, layers());
                System.arraycopy(x.data(), 0, out, (at - from) * width, x.size());
                at = end;
            }
            done = true;
        } finally {
            step.clear();
            if (!done) cache.truncate(length);
        }
        Reference.reachabilityFence(decoder);
    }

    /// Runs the rows of [#step] through all layers; from now on their caches hold them.
    private Activation layers() {
        int[] ids = ofLength(stepIds, step.rows());
        step.copyIds(ids);
        ops.begin(step);
        var watched = loading.firstUse().watching(verbs);
        loading.await(0);
        var x = decoder.embed(watched, ids);
        for (int layer = 0; layer < config().layers(); layer++) {
            loading.await(layer);
            x = decoder.block(watched, layer, x);
        }
        loading.awaitAll();
        for (int i = 0; i < step.runs(); i++) step.cache(i).extend(step.end(i) - step.start(i));
        return x;
    }

    /// Runs the rows of [#step] and empties it; logits go to `out` from row `outRow` on.
    ///
    /// @return rows of logits written
    private int runStep(float[] out, int outRow) {
        var x = layers();
        int wanted = step.wanted();
        if (wanted > 0) {
            int[] which = ofLength(stepRows, wanted);
            step.copyWanted(which);
            if (outRow == 0) ops.nextProductTo(out);
            var logits = decoder.head(loading.firstUse().watching(verbs), x, which);
            if (logits.data() != out)
                System.arraycopy(logits.data(), 0, out, outRow * config().vocab(), logits.size());
        }
        step.clear();
        return wanted;
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

    @Override
    public void share(int pieces, Pieces work) {
        shared = work;
        pool.run(pieces, 1, runShared);
    }

    @Override
    public int threads() {
        return pool.threads();
    }

    @Override
    public long kvBytes(int tokens) {
        return kvPages.bytes(tokens);
    }

    /// Bytes of keys and values of open caches, in whole pages.
    @Override
    public long kvUsedBytes() {
        return kvPages.usedBytes();
    }

    /// Pairs of a query head and a page of earlier keys that attention had before it, since the
    /// back end was made.
    public long pagesConsidered() {
        return ops.attention().pagesConsidered();
    }

    /// Those of them that it left out because they could not matter ([Window]).
    public long pagesLeftOut() {
        return ops.attention().pagesLeftOut();
    }

    @Override
    public void close() {
        closed = true;
        loading.close();
        pool.close();
        kvPages.close();
    }
}

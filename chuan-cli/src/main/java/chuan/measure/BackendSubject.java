package chuan.measure;

import chuan.cpu.CpuBackend;
import chuan.model.Backend;
import chuan.model.Batch;
import chuan.model.KvCache;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A back end of this process. Tokens are random: their values do not matter for the time, and
/// nothing is sampled. Does not own the back end.
public final class BackendSubject implements Subject {
    private static final long SEED = 1;

    /// Of how many generated tokens progress is told.
    private static final int EVERY = 4;

    private final Backend backend;
    private final Progress progress;
    private final List<KvCache> caches = new ArrayList<>();
    private final Batch batch = new Batch();
    private final float[] logits;
    private final int[] ids;
    private long considered;
    private long leftOut;

    /// @param cases to come: room is made for them once
    public BackendSubject(Backend backend, List<SpeedCase> cases, Progress progress) {
        this.backend = backend;
        this.progress = progress;
        int context = cases.stream().mapToInt(SpeedCase::context).max().orElse(1);
        int sequences = cases.stream().mapToInt(SpeedCase::batch).max().orElse(1);
        int vocab = backend.config().vocab();
        for (int i = 0; i < sequences; i++) caches.add(backend.newCache(context));
        logits = new float[Math.multiplyExact(sequences, vocab)];
        var random = new SplittableRandom(SEED);
        ids = new int[context];
        for (int i = 0; i < ids.length; i++) ids[i] = random.nextInt(vocab);
    }

    @Override
    public Timing time(SpeedCase speedCase) {
        for (int i = 0; i < speedCase.batch(); i++) toDepth(caches.get(i), speedCase.depth());
        count(-1);
        double cpu = Machine.cpuSeconds();
        long start = System.nanoTime();
        int end = speedCase.context();
        int step = speedCase.isPrompt() ? speedCase.prompt() : 1;
        for (int at = speedCase.depth(); at < end; at += step) {
            batch.clear();
            for (int i = 0; i < speedCase.batch(); i++)
                batch.add(caches.get(i), ids, at, at + step, 1);
            backend.forward(batch, logits);
            if (!speedCase.isPrompt() && (at & (EVERY - 1)) == 0)
                progress.tokens((long) speedCase.batch() * (at + 1 - speedCase.depth()));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double taken = Machine.cpuSeconds() - cpu;
        count(1);
        return new Timing(seconds, taken);
    }

    private void count(int sign) {
        if (!(backend instanceof CpuBackend cpu)) return;
        considered += sign * cpu.pagesConsidered();
        leftOut += sign * cpu.pagesLeftOut();
    }

    /// Share of the pages of keys and values that attention left out of what was timed since the
    /// last question; NaN if unknown.
    public double takeSkipped() {
        double share = considered == 0 ? Double.NaN : (double) leftOut / considered;
        considered = 0;
        leftOut = 0;
        return share;
    }

    private void toDepth(KvCache cache, int depth) {
        cache.truncate(Math.min(cache.length(), depth));
        if (cache.length() < depth) backend.forward(cache, ids, cache.length(), depth, 0, logits);
    }

    @Override
    public void close() {
        caches.forEach(KvCache::close);
    }
}

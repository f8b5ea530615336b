package chuan.bench;

import chuan.cpu.ActivationType;
import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.CpuWeight;
import chuan.cpu.Placement;
import chuan.cpu.WeightType;
import chuan.cpu.Window;
import chuan.kernel.KernelSelector;
import chuan.kernel.Matrix;
import chuan.kernel.WeightFormat;
import chuan.measure.MachineLimits;
import chuan.model.KvCache;
import chuan.model.KvType;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.model.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/// What attention costs by itself: 40 heads of 128 with the slopes of 13B, around matrices so small
/// that they do not count. Time of a token against the bytes of keys and values that it must read
/// and the bandwidth measured beside it, and of a prompt by multiply-adds; with windows and
/// without. Queries and keys are random, of the given length (a softmax over scores of standard
/// deviation `size^2`).
///
/// Run: `java -cp ... chuan.bench.AttentionBench [LENGTH] [LAYERS] [SIZE]`; the layers make the
/// cache larger than the processor's.
public final class AttentionBench {
    private static final int HEADS = 40;
    private static final int DIM = 128;
    private static final int HIDDEN = 64;
    private static final int VOCAB = 256;
    private static final int TOKENS = 12;

    private AttentionBench() {}

    public static void main(String[] args) {
        int length = args.length > 0 ? Integer.parseInt(args[0]) : 4096;
        int layers = args.length > 1 ? Integer.parseInt(args[1]) : 6;
        double size = args.length > 2 ? Double.parseDouble(args[2]) : 1.5;
        var config =
                new ModelConfig(
                        VOCAB,
                        HIDDEN,
                        HIDDEN,
                        layers,
                        HEADS,
                        HEADS,
                        DIM,
                        length + TOKENS,
                        1e-6f,
                        new Position.Alibi(),
                        false,
                        false,
                        0);
        var weights = Weights.of(config, source(new Random(1), size));
        var kernels = KernelSelector.select();
        System.out.println(kernels.reason());
        for (KvType kv : new KvType[] {KvType.F16, KvType.INT8})
            for (Window window : Window.values()) measure(config, weights, kernels, kv, window);
    }

    private static Weights.Source<CpuWeight> source(Random random, double size) {
        return (name, shape) -> {
            int rows = Math.toIntExact(shape[0]);
            if (shape.length == 1) {
                var ones = new float[rows];
                Arrays.fill(ones, 1);
                return new CpuWeight.Gain(ones);
            }
            int columns = Math.toIntExact(shape[1]);
            double scale = (name.contains("W_pack") ? size : 1) / Math.sqrt(columns);
            var memory = Arena.ofAuto().allocate(4L * rows * columns, 64);
            for (long i = 0; i < (long) rows * columns; i++)
                memory.setAtIndex(
                        ValueLayout.JAVA_FLOAT, i, (float) (scale * random.nextGaussian()));
            return new CpuWeight.Linear(
                    new Matrix(WeightFormat.F32, rows, columns, memory, new float[0]));
        };
    }

    private static void measure(
            ModelConfig config,
            Weights<CpuWeight> weights,
            KernelSelector kernels,
            KvType kv,
            Window window) {
        int threads = Runtime.getRuntime().availableProcessors();
        int length = config.maxContext() - TOKENS;
        var options =
                new CpuOptions(
                        threads,
                        kernels,
                        WeightType.AS_STORED,
                        kv,
                        ActivationType.F32,
                        Placement.MAPPED,
                        window);
        int[] ids = new Random(2).ints(length, 0, VOCAB).toArray();
        var out = new float[VOCAB];
        try (var backend = new CpuBackend(config, weights, options);
                var cache = backend.newCache(config.maxContext())) {
            // what a token costs without keys
            double base = token(backend, cache, out, 0);
            long start = System.nanoTime();
            backend.forward(cache, ids, 0, length, 1, out);
            double prompt = (System.nanoTime() - start) * 1e-9;
            double all = (double) config.layers() * HEADS * length * (length + 1.0) * DIM;
            long considered = backend.pagesConsidered();
            long leftOut = backend.pagesLeftOut();
            double promptShare = (double) leftOut / Math.max(1, considered);
            var limits = MachineLimits.measure(threads, null);
            double seconds = token(backend, cache, out, length) - base;
            limits = limits.best(MachineLimits.measure(threads, null));
            double share =
                    (double) (backend.pagesLeftOut() - leftOut)
                            / Math.max(1, backend.pagesConsidered() - considered);
            double bytes = (double) kv.bytesPerToken(config) * length * (1 - share);
            System.out.printf(
                    Locale.ROOT,
                    "%-4s keys and values, window %-4s %,6d tokens, %d layers: prompt %.1f s, %.1f %%"
                            + " left out, %.1f G multiply-adds/s; token %.2f ms a layer, %.1f %%"
                            + " left out, %.0f MB read at %.1f GB/s, %.0f %% of the time that"
                            + " streaming at %.1f GB/s takes%n",
                    kv,
                    window,
                    length,
                    config.layers(),
                    prompt,
                    100 * promptShare,
                    all * (1 - promptShare) / prompt / 1e9,
                    1e3 * seconds / config.layers(),
                    100 * share,
                    bytes / 1e6,
                    bytes / seconds / 1e9,
                    100 * seconds / (bytes / limits.readBytes()),
                    limits.readBytes() / 1e9);
        }
    }

    /// Seconds of a token after `length` others, the best of several.
    private static double token(CpuBackend backend, KvCache cache, float[] out, int length) {
        double best = Double.POSITIVE_INFINITY;
        var id = new int[1];
        for (int i = 0; i < TOKENS; i++) {
            long start = System.nanoTime();
            backend.forward(cache, id, 0, 1, 1, out);
            best = Math.min(best, (System.nanoTime() - start) * 1e-9);
            cache.truncate(length);
        }
        return best;
    }
}

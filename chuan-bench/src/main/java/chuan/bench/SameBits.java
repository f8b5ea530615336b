package chuan.bench;

import chuan.cpu.ActivationType;
import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.cpu.WeightType;
import chuan.files.ModelFolder;
import chuan.kernel.KernelSelector;
import chuan.model.KvType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/// Whether a model of any size gives the same logits, bit for bit, however they are computed: one
/// thread or more, tokens together or one by one, these kernels or those. The tests ask the same of
/// small models; here is the full size.
///
/// Run: `java -cp ... chuan.bench.SameBits MODEL [KERNELS...]`, kernels as `-Dchuan.kernels` names
/// them; the first are the measure. Scalar kernels get four tokens, for they take seconds each.
/// Ends with code 1 at the first difference.
public final class SameBits {
    private static final int TOGETHER = 512;
    private static final int ONE_BY_ONE = 24;
    private static final int FEW = 4;

    private SameBits() {}

    public static void main(String[] args) {
        var folder = ModelFolder.open(Path.of(args[0]));
        String[] tiers = args.length > 1 ? Arrays.copyOfRange(args, 1, args.length) : tiers();
        int[] ids = new Random(1).ints(TOGETHER, 3, folder.config().vocab()).toArray();
        int single = TOGETHER - ONE_BY_ONE;
        float[] expected = logits(folder, tiers[0], 2, ids, TOGETHER);
        float[] few = logits(folder, tiers[0], 2, Arrays.copyOf(ids, FEW), FEW);
        compare("1 thread", expected, logits(folder, tiers[0], 1, ids, TOGETHER));
        compare(
                ONE_BY_ONE + " of the tokens one by one",
                expected,
                logits(folder, tiers[0], 2, ids, single));
        for (int i = 1; i < tiers.length; i++)
            if (tiers[i].equals("scalar"))
                compare(
                        tiers[i] + ", " + FEW + " tokens",
                        few,
                        logits(folder, tiers[i], 2, Arrays.copyOf(ids, FEW), FEW));
            else compare(tiers[i], expected, logits(folder, tiers[i], 2, ids, TOGETHER));
    }

    private static String[] tiers() {
        return new String[] {KernelSelector.select().kernels().name(), "vector", "scalar"};
    }

    /// Those of the last token; the first `together` go in at once, the others one by one.
    private static float[] logits(
            ModelFolder folder, String kernels, int threads, int[] ids, int together) {
        long start = System.nanoTime();
        var options =
                new CpuOptions(
                        threads,
                        KernelSelector.forced(kernels),
                        WeightType.AS_STORED,
                        KvType.F16,
                        ActivationType.INT8);
        var out = new float[folder.config().vocab()];
        try (var backend = CpuBackend.load(folder, options);
                var cache = backend.newCache(ids.length)) {
            backend.forward(cache, ids, 0, together, 1, out);
            for (int t = together; t < ids.length; t++)
                backend.forward(cache, ids, t, t + 1, 1, out);
        }
        System.out.printf(
                Locale.ROOT,
                "%s, %d thread%s, %d tokens of which %d together: %.1f s%n",
                kernels,
                threads,
                threads == 1 ? "" : "s",
                ids.length,
                together,
                1e-9 * (System.nanoTime() - start));
        return out;
    }

    private static void compare(String what, float[] expected, float[] actual) {
        for (int i = 0; i < expected.length; i++)
            if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
                System.out.printf(
                        "%s: logit %d is %s instead of %s%n", what, i, actual[i], expected[i]);
                System.exit(1);
            }
        System.out.printf(Locale.ROOT, "%s: all %,d logits equal%n", what, expected.length);
    }
}

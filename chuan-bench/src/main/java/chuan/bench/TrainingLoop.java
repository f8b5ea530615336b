package chuan.bench;

import chuan.autograd.AdamW;
import chuan.autograd.CpuTraining;
import chuan.autograd.GradientNorm;
import chuan.autograd.Parameters;
import chuan.cpu.WorkerPool;
import chuan.kernel.TrainingKernels;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Many training steps of a random model on own kernels: how long one takes, where the time goes by
/// verb, and whether memory stays level.
///
/// Run: `java -cp ... chuan.bench.TrainingLoop [steps [vocab,hidden,layers,heads,ff
/// [sequences,tokens [auto|fp32|bf16 [recompute]]]]]`, on Linux. Ends with code 1 if resident
/// memory grew by more than 50 MB after the first tenth.
public final class TrainingLoop {
    private static final long ALLOWED_BYTES = 50_000_000;
    private static final double DEVIATION = 0.02;

    private TrainingLoop() {}

    public static void main(String[] args) throws IOException {
        int steps = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        int[] shape = numbers(args.length > 1 ? args[1] : "8192,256,6,4,688");
        int[] batch = numbers(args.length > 2 ? args[2] : "8,256");
        boolean recompute = args.length > 4 && args[4].equals("recompute");
        var config =
                new ModelConfig(
                        shape[0],
                        shape[1],
                        shape[4],
                        shape[2],
                        shape[3],
                        shape[3],
                        shape[1] / shape[3],
                        batch[1],
                        1e-6f,
                        new Position.Alibi(),
                        false,
                        true,
                        0);
        var kernels = TrainingKernels.select();
        var products = kernels.products(args.length > 3 ? args[3] : "auto");
        try (var pool = new WorkerPool(Runtime.getRuntime().availableProcessors());
                var parameters = new Parameters(config);
                var training =
                        new CpuTraining(
                                config,
                                parameters,
                                recompute,
                                products,
                                kernels.gradients(),
                                pool);
                var optimizer =
                        new AdamW(
                                parameters.all(),
                                0.9,
                                0.95,
                                1e-8,
                                0.1,
                                kernels.gradients(),
                                pool)) {
            fill(parameters);
            System.out.printf(
                    Locale.ROOT,
                    "%,d parameters, batches of %d x %d, %s, products by %s, %s%n",
                    parameters.count(),
                    batch[0],
                    batch[1],
                    CpuTraining.memory(
                            config,
                            batch[0],
                            batch[1],
                            recompute,
                            products,
                            kernels.gradients(),
                            pool),
                    products.name(),
                    kernels.reason());
            var norm = new GradientNorm(parameters.all(), kernels.gradients(), pool);
            run(training, norm, optimizer, config, batch, steps);
        }
    }

    private static int[] numbers(String list) {
        return Arrays.stream(list.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    }

    private static void fill(Parameters parameters) {
        var random = new SplittableRandom(1);
        for (var p : parameters.all()) {
            var values = new float[Math.toIntExact(p.count())];
            for (int i = 0; i < values.length; i++)
                values[i] = p.isMatrix() ? (float) (random.nextGaussian() * DEVIATION) : 1;
            p.set(values);
        }
    }

    private static void run(
            CpuTraining training,
            GradientNorm gradientNorm,
            AdamW optimizer,
            ModelConfig config,
            int[] batch,
            int steps)
            throws IOException {
        int rows = batch[0] * batch[1];
        var random = new SplittableRandom(2);
        int[] wanted = IntStream.range(0, rows).toArray();
        int[] ids = new int[rows];
        int[] labels = new int[rows];
        var nanos = new long[steps];
        long normNanos = 0;
        long updateNanos = 0;
        long early = 0;
        for (int i = 0; i < steps; i++) {
            if (i == steps / 10) {
                training.times().clear();
                normNanos = 0;
                updateNanos = 0;
                early = resident();
            }
            for (int k = 0; k < rows; k++) {
                ids[k] = random.nextInt(config.vocab());
                labels[k] = (ids[k] + 1) % config.vocab();
            }
            long start = System.nanoTime();
            double loss =
                    training.backward(
                            batch[0], batch[1], ids, new int[0], wanted, labels, 1f / rows);
            long norming = System.nanoTime();
            double norm = gradientNorm.measure();
            long updating = System.nanoTime();
            optimizer.step(1e-3, Math.min(1, 1 / (norm + 1e-6)));
            long end = System.nanoTime();
            normNanos += updating - norming;
            updateNanos += end - updating;
            nanos[i] = end - start;
            if ((i + 1) % Math.max(1, steps / 10) == 0)
                System.out.printf(
                        Locale.ROOT,
                        "%,6d steps: loss %.4f, resident %,d KB, heap %,d KB%n",
                        i + 1,
                        loss / rows,
                        resident() / 1024,
                        (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory())
                                / 1024);
        }
        int timed = steps - steps / 10;
        report(training, Arrays.copyOfRange(nanos, steps - timed, steps), rows);
        line("norm of all gradients", normNanos, timed);
        line("AdamW", updateNanos, timed);
        long grown = resident() - early;
        System.out.printf(
                "resident memory changed by %,d KB after the first tenth%n", grown / 1024);
        if (grown > ALLOWED_BYTES) System.exit(1);
    }

    private static void report(CpuTraining training, long[] nanos, int rows) {
        training.times().nanos().forEach((part, sum) -> line(part, sum, nanos.length));
        Arrays.sort(nanos);
        double median = nanos[nanos.length / 2] / 1e6;
        double best = nanos[0] / 1e6;
        System.out.printf(
                Locale.ROOT,
                "a step: median %.1f ms (%,.0f tokens/s), best %.1f ms (%,.0f)%n",
                median,
                rows / median * 1e3,
                best,
                rows / best * 1e3);
    }

    private static void line(String part, long nanos, int steps) {
        System.out.printf(Locale.ROOT, "%-36s %8.2f ms%n", part, nanos / 1e6 / steps);
    }

    private static long resident() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String line = lines.filter(l -> l.startsWith("VmRSS")).findFirst().orElseThrow();
            return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
    }
}

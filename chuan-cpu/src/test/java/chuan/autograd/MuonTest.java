package chuan.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import chuan.cpu.WorkerPool;
import chuan.files.SafetensorsFile;
import chuan.files.TensorData;
import chuan.kernel.Gemm;
import chuan.kernel.GradientKernels;
import chuan.kernel.ScalarGemm;
import chuan.kernel.ScalarGradients;
import chuan.kernel.TrainingKernels;
import chuan.kernel.VectorGemm;
import chuan.kernel.VectorGradients;
import chuan.model.ModelConfig;
import chuan.model.Position;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MuonTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("chuan.root", ".."), "testdata/golden/training");
    private static final Muon.Settings SETTINGS = new Muon.Settings(0.95, 5, 1, 0.1);

    private static ModelConfig config(int hidden, int ff, int heads, int kvHeads, int dim) {
        return new ModelConfig(
                16,
                hidden,
                ff,
                1,
                heads,
                kvHeads,
                dim,
                64,
                1e-6f,
                new Position.Alibi(),
                false,
                true,
                0);
    }

    private static float[] floats(MemorySegment memory) {
        return memory.toArray(ValueLayout.JAVA_FLOAT);
    }

    /// Three steps of PyTorch's own Muon, which sees queries, keys and values as three parameters.
    /// Its numbers are float64; single rounding errors of fp32 grow 485-fold in small singular
    /// values, to some 1e-5 of an update of 0.018.
    @Test
    void threeStepsEqualPyTorchs() {
        var file = SafetensorsFile.open(GOLDEN.resolve("muon.safetensors")).tensors();
        try (var pool = new WorkerPool(2);
                var parameters = new Parameters(config(8, 20, 2, 1, 4));
                var muon =
                        new Muon(
                                config(8, 20, 2, 1, 4),
                                parameters,
                                SETTINGS,
                                new VectorGemm(),
                                new VectorGradients(),
                                pool)) {
            var taken = new ArrayList<>(parameters.all());
            taken.removeAll(muon.others(parameters));
            assertThat(taken).extracting(Parameter::name).hasSize(5);
            for (var p : taken) p.set(parts(file, p, "weight"));
            for (int step = 0; step < 3; step++) {
                for (var p : taken)
                    p.gradient()
                            .copyFrom(MemorySegment.ofArray(parts(file, p, "gradient." + step)));
                muon.step(0.02, 1);
            }
            for (var p : taken) {
                near(p.name(), floats(p.data()), parts(file, p, "weight_after"));
                var momentum = Objects.requireNonNull(muon.state().get("momentum." + p.name()));
                near(p.name(), floats(momentum), parts(file, p, "momentum_after"));
            }
        }
    }

    private static void near(String name, float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++)
            assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(2e-6f));
    }

    private static float[] parts(Map<String, TensorData> file, Parameter p, String what) {
        List<String> names =
                p.name().endsWith("W_pack.weight")
                        ? List.of("q", "k", "v")
                        : List.of(p.name().replaceAll(".*\\.(o|gate|up|down)_proj.weight", "$1"));
        var all = new float[(int) p.count()];
        int at = 0;
        for (String name : names) {
            float[] part = Objects.requireNonNull(file.get(name + "." + what)).toFloats();
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        assertThat(at).isEqualTo(all.length);
        return all;
    }

    /// Against plain loops in double precision, and against what the method promises. Small
    /// singular values grow up to 485-fold, and rounding errors with them.
    @Test
    void singularValuesComeToLieAroundOne() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        try (var newtonSchulz =
                new NewtonSchulz(
                        TrainingKernels.select().gemm(), new VectorGradients(), 5, 90, 90, 70)) {
            for (int round = 0; round < 40; round++) {
                int rows = random.nextInt(1, 91);
                int columns = random.nextInt(1, rows > 70 ? 71 : 91);
                double size = Math.pow(10, random.nextInt(-6, 7));
                var x = new double[rows][columns];
                newtonSchulz.resize(rows, columns);
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < columns; j++) {
                        float value = (float) (random.nextGaussian() * size);
                        x[i][j] = value;
                        Floats.put(newtonSchulz.row(i), j, value);
                    }
                newtonSchulz.run();
                var result = new double[rows][columns];
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < columns; j++)
                        result[i][j] = Floats.get(newtonSchulz.row(i), j);
                String at = "seed " + seed + " round " + round + " " + rows + " x " + columns;
                double[][] expected = iterated(x);
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < columns; j++)
                        assertThat(result[i][j]).as(at).isCloseTo(expected[i][j], within(3e-4));
                double[] before = singularValues(x);
                double norm = 0;
                for (double s : before) norm += s * s;
                double least = Double.MAX_VALUE;
                for (double s : before) least = Math.min(least, s / Math.sqrt(norm));
                for (double s : singularValues(result)) {
                    assertThat(s).as(at).isLessThan(1.21);
                    if (least > 0.002) assertThat(s).as(at).isGreaterThan(0.68);
                }
            }
        }
    }

    private static double[][] iterated(double[][] matrix) {
        double norm = 0;
        for (double[] row : matrix) for (double v : row) norm += v * v;
        double[][] x = matrix;
        double scale = 1 / Math.sqrt(norm);
        for (int i = 0; i < 5; i++) {
            double[][] gram = product(x, transposed(x), scale * scale);
            double[][] once = product(gram, x, scale);
            double[][] twice = product(gram, once, 1);
            var next = new double[x.length][x[0].length];
            for (int r = 0; r < x.length; r++)
                for (int c = 0; c < x[0].length; c++)
                    next[r][c] =
                            3.4445 * scale * x[r][c] - 4.7750 * once[r][c] + 2.0315 * twice[r][c];
            x = next;
            scale = 1;
        }
        return x;
    }

    private static double[][] product(double[][] a, double[][] b, double factor) {
        var out = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++)
            for (int k = 0; k < b.length; k++)
                for (int j = 0; j < b[0].length; j++) out[i][j] += factor * a[i][k] * b[k][j];
        return out;
    }

    private static double[][] transposed(double[][] x) {
        var out = new double[x[0].length][x.length];
        for (int i = 0; i < x.length; i++)
            for (int j = 0; j < x[0].length; j++) out[j][i] = x[i][j];
        return out;
    }

    /// By one-sided Jacobi rotations: rows are turned until all are at right angles.
    private static double[] singularValues(double[][] matrix) {
        boolean wide = matrix.length <= matrix[0].length;
        double[][] x = wide ? transposed(transposed(matrix)) : transposed(matrix);
        for (int sweep = 0; sweep < 30; sweep++)
            for (int p = 0; p < x.length; p++)
                for (int q = p + 1; q < x.length; q++) rotate(x[p], x[q]);
        var values = new double[x.length];
        for (int i = 0; i < x.length; i++) values[i] = Math.sqrt(dot(x[i], x[i]));
        return values;
    }

    private static void rotate(double[] p, double[] q) {
        double cross = dot(p, q);
        if (Math.abs(cross) < 1e-14 * Math.sqrt(dot(p, p) * dot(q, q))) return;
        double angle = 0.5 * Math.atan2(2 * cross, dot(p, p) - dot(q, q));
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        for (int i = 0; i < p.length; i++) {
            double turned = cos * p[i] + sin * q[i];
            q[i] = cos * q[i] - sin * p[i];
            p[i] = turned;
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// Kernels and threads decide how fast, never what.
    @Test
    void theSameBitsWithAllKernelsAndThreads() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("seed " + seed);
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 8; round++) {
            int dim = random.nextInt(1, 12);
            int kvHeads = random.nextInt(1, 3);
            int heads = kvHeads * random.nextInt(1, 3);
            var config = config(random.nextInt(1, 60), random.nextInt(1, 90), heads, kvHeads, dim);
            long data = random.nextLong();
            var reference = afterTwoSteps(config, data, new ScalarGemm(), new ScalarGradients(), 1);
            for (Gemm gemm : List.of(new VectorGemm(), TrainingKernels.select().gemm()))
                for (int threads : new int[] {1, 3})
                    assertThat(afterTwoSteps(config, data, gemm, new VectorGradients(), threads))
                            .as("seed %d round %d %s", seed, round, gemm.name())
                            .isEqualTo(reference);
        }
    }

    private static float[] afterTwoSteps(
            ModelConfig config, long seed, Gemm gemm, GradientKernels kernels, int threads) {
        try (var pool = new WorkerPool(threads);
                var parameters = new Parameters(config);
                var muon = new Muon(config, parameters, SETTINGS, gemm, kernels, pool)) {
            var random = new SplittableRandom(seed);
            for (int step = 0; step < 2; step++) {
                parameters.all().forEach(p -> fill(p.gradient(), random));
                muon.step(0.1, 0.7);
            }
            var all = new ArrayList<MemorySegment>();
            parameters.all().forEach(p -> all.add(p.data()));
            all.addAll(muon.state().values());
            var out = new float[(int) all.stream().mapToLong(m -> m.byteSize() / 4).sum()];
            int at = 0;
            for (var memory : all) for (float value : floats(memory)) out[at++] = value;
            return out;
        }
    }

    private static void fill(MemorySegment memory, SplittableRandom random) {
        for (long i = 0; i < memory.byteSize() / Float.BYTES; i++)
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }

    /// Nothing to learn: weights decay, and no 0/0 comes of the norm.
    @Test
    void withoutGradientsWeightsOnlyDecay() {
        var config = config(24, 40, 2, 2, 12);
        try (var pool = new WorkerPool(1);
                var parameters = new Parameters(config);
                var muon =
                        new Muon(
                                config,
                                parameters,
                                SETTINGS,
                                new VectorGemm(),
                                new VectorGradients(),
                                pool)) {
            parameters.all().forEach(p -> fill(p.data(), new SplittableRandom(3)));
            muon.step(0.5, 1);
            for (var p : parameters.all()) {
                var random = new SplittableRandom(3);
                float keep = muon.others(parameters).contains(p) ? 1 : (float) 0.95;
                for (float value : floats(p.data()))
                    assertThat(value).isEqualTo(keep * (float) random.nextGaussian());
            }
        }
    }

    @Test
    void aStepAllocatesNothing() {
        var config = config(32, 48, 2, 2, 16);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var pool = new WorkerPool(1);
                var parameters = new Parameters(config);
                var muon =
                        new Muon(
                                config,
                                parameters,
                                SETTINGS,
                                TrainingKernels.select().gemm(),
                                new VectorGradients(),
                                pool)) {
            var random = new SplittableRandom(4);
            parameters.all().forEach(p -> fill(p.gradient(), random));
            // Until the loops are compiled, each vector is an object.
            long least = Long.MAX_VALUE;
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (least > 0 && System.nanoTime() < deadline) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 10; i++) muon.step(1e-3, 1);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(least).isZero();
        }
    }
}

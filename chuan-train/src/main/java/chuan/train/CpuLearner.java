package chuan.train;

import chuan.autograd.AdamW;
import chuan.autograd.CpuTraining;
import chuan.autograd.GradientNorm;
import chuan.autograd.Muon;
import chuan.autograd.Optimizer;
import chuan.autograd.Parameter;
import chuan.autograd.Parameters;
import chuan.autograd.TrainingMemory;
import chuan.cpu.WorkerPool;
import chuan.kernel.Bf16Gemm;
import chuan.kernel.BlockProduct;
import chuan.kernel.TrainingKernels;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Function;

/// Training on the CPU's own kernels. The bits of a step depend on the precision, not on the number
/// of threads; in fp32 not on the instruction set, in bf16 on the order in which its instruction
/// adds ([chuan.kernel.Bf16Gemm.Order]).
final class CpuLearner implements Learner {
    private final TrainingKernels kernels;
    private final BlockProduct products;
    private final double clip;
    private final WorkerPool pool;
    private final Parameters parameters;
    private final CpuTraining training;
    private final GradientNorm norm;
    private final List<Optimizer> optimizers;

    /// @param threads 0 means one per processor
    /// @param precision `auto`, `fp32` or `bf16`
    CpuLearner(
            ModelConfig config,
            Weights.Source<float[]> initial,
            TrainConfig.Optimizer settings,
            int threads,
            String precision) {
        this(config, initial, settings, threads, precision, false);
    }

    /// @param recompute as [CpuTraining] explains
    CpuLearner(
            ModelConfig config,
            Weights.Source<float[]> initial,
            TrainConfig.Optimizer settings,
            int threads,
            String precision,
            boolean recompute) {
        if (config.normalizedHead())
            throw new TrainingException("training a model with a normalised head is not supported");
        kernels = TrainingKernels.select();
        products = kernels.products(precision);
        clip = settings.clip();
        pool = pool(threads);
        parameters = new Parameters(config);
        for (var p : parameters.all()) p.set(initial.get(p.name(), p.shape()));
        training =
                new CpuTraining(config, parameters, recompute, products, kernels.gradients(), pool);
        norm = new GradientNorm(parameters.all(), kernels.gradients(), pool);
        optimizers =
                settings.isMuon()
                        ? muon(config, settings)
                        : List.of(adamW(parameters.all(), settings));
    }

    private List<Optimizer> muon(ModelConfig config, TrainConfig.Optimizer settings) {
        var own = settings.muon();
        var muon =
                new Muon(
                        config,
                        parameters,
                        new Muon.Settings(
                                own.momentum(),
                                own.iterations(),
                                own.rate(),
                                settings.weightDecay()),
                        products,
                        kernels.gradients(),
                        pool);
        return List.of(muon, adamW(muon.others(parameters), settings));
    }

    private AdamW adamW(List<Parameter> parameters, TrainConfig.Optimizer settings) {
        return new AdamW(
                parameters,
                settings.beta1(),
                settings.beta2(),
                settings.epsilon(),
                settings.weightDecay(),
                kernels.gradients(),
                pool);
    }

    private static WorkerPool pool(int threads) {
        return new WorkerPool(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    }

    /// What training takes with batches of this shape, before any of it is there.
    static TrainingMemory memory(
            ModelConfig config,
            TrainConfig.Batch batch,
            int threads,
            String precision,
            boolean recompute) {
        var kernels = TrainingKernels.select();
        try (var pool = pool(threads)) {
            return CpuTraining.memory(
                    config,
                    batch.sequences(),
                    batch.tokens(),
                    recompute,
                    kernels.products(precision),
                    kernels.gradients(),
                    pool);
        }
    }

    @Override
    public String description() {
        return "own kernels on %d threads, matrix products in %s by %s; %s"
                .formatted(
                        pool.threads(),
                        products instanceof Bf16Gemm ? "bf16" : "fp32",
                        products.name(),
                        kernels.reason());
    }

    @Override
    public double backward(TrainBatch batch, long labels) {
        var shape = batch.shape();
        int[] wanted = batch.labelledRows();
        return training.backward(
                shape.sequences(),
                shape.tokens(),
                batch.ids(),
                shape.segments(),
                wanted,
                batch.labels(wanted),
                (float) (1.0 / labels));
    }

    @Override
    public double loss(TrainBatch batch) {
        var shape = batch.shape();
        int[] wanted = batch.labelledRows();
        return training.loss(
                shape.sequences(),
                shape.tokens(),
                batch.ids(),
                shape.segments(),
                wanted,
                batch.labels(wanted));
    }

    @Override
    public double step(double learningRate) {
        double length = norm.measure();
        double factor = Math.min(1, clip / (length + 1e-6));
        for (var optimizer : optimizers) optimizer.step(learningRate, factor);
        return length;
    }

    @Override
    public SequencedMap<String, FloatTensor> parameters() {
        return tensors(Parameter::data);
    }

    @Override
    public SequencedMap<String, FloatTensor> gradients() {
        return tensors(Parameter::gradient);
    }

    private SequencedMap<String, FloatTensor> tensors(Function<Parameter, MemorySegment> values) {
        var tensors = new LinkedHashMap<String, FloatTensor>();
        for (var p : parameters.all())
            tensors.put(p.name(), new Floats(p.shape(), values.apply(p)));
        return tensors;
    }

    @Override
    public SequencedMap<String, FloatTensor> moments() {
        var moments = new LinkedHashMap<String, FloatTensor>();
        for (var optimizer : optimizers)
            optimizer
                    .state()
                    .forEach((name, values) -> {
                        var of = parameters.get(name.substring(name.indexOf('.') + 1));
                        moments.put(name, new Floats(of.shape(), values));
                    });
        return moments;
    }

    @Override
    public void resumeAt(long steps) {
        optimizers.forEach(optimizer -> optimizer.resumeAt(steps));
    }

    @Override
    public void close() {
        training.close();
        optimizers.forEach(Optimizer::close);
        parameters.close();
        pool.close();
    }

    private record Floats(long[] shape, MemorySegment values) implements FloatTensor {
        @Override
        public void read(long from, float[] out, int count) {
            MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, from * Float.BYTES, out, 0, count);
        }

        @Override
        public void write(long at, float[] in, int count) {
            Objects.checkFromIndexSize(at, count, values.byteSize() / Float.BYTES);
            MemorySegment.copy(in, 0, values, ValueLayout.JAVA_FLOAT, at * Float.BYTES, count);
        }
    }
}

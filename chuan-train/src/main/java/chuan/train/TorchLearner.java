package chuan.train;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import chuan.torch.Libtorch;
import chuan.torch.TensorScope;
import chuan.torch.TorchParameters;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Training on libtorch.
final class TorchLearner implements Learner {
    private final double clip;
    private final boolean bf16;
    private final TorchParameters parameters;
    private final TorchStep step;
    private final @Nullable TorchMuon muon;
    private final TorchAdamW adamW;

    /// Loads libtorch first.
    ///
    /// @param threads of an operation, 0 for one per processor
    /// @throws TrainingException if there is no libtorch here
    static TorchLearner load(
            ModelConfig config,
            Weights.Source<float[]> initial,
            TrainConfig.Optimizer settings,
            String precision,
            int threads) {
        try {
            Libtorch.load(threads);
        } catch (NoClassDefFoundError e) {
            throw new TrainingException(
                    "device libtorch is not on the class path; ./chuan fetches it for --device"
                            + " libtorch, or for a line \"device: libtorch\" in the configuration",
                    e);
        }
        return new TorchLearner(config, initial, settings, precision);
    }

    /// @param precision `auto`, `fp32` or `bf16`
    TorchLearner(
            ModelConfig config,
            Weights.Source<float[]> initial,
            TrainConfig.Optimizer settings,
            String precision) {
        clip = settings.clip();
        bf16 =
                switch (precision) {
                    case "bf16" -> true;
                    case "auto" -> Libtorch.hasFastBf16();
                    default -> false;
                };
        parameters =
                new TorchParameters(
                        config, (name, shape) -> Tensor.create(initial.get(name, shape), shape));
        step = new TorchStep(config, parameters, bf16);
        muon = settings.isMuon() ? new TorchMuon(config, settings, parameters) : null;
        var others = new LinkedHashMap<>(parameters.byName());
        if (muon != null) others.keySet().removeAll(muon.names());
        adamW = new TorchAdamW(settings, others);
    }

    @Override
    public String description() {
        var missing = Libtorch.missingEnvironment();
        return "libtorch, matrix products in "
                + (bf16 ? "bf16" : "fp32")
                + (missing.isEmpty()
                        ? ""
                        : "; slower than possible: %s not set (the launcher sets them)"
                                .formatted(String.join(", ", missing)));
    }

    @Override
    public double backward(TrainBatch batch, long labels) {
        return step.backward(batch, labels);
    }

    @Override
    public double loss(TrainBatch batch) {
        return step.loss(batch);
    }

    @Override
    public double step(double learningRate) {
        try (var _ = new TensorScope()) {
            var list = new TensorVector();
            parameters.tensors().forEach(list::push_back);
            double norm = torch.clip_grad_norm_(list, clip);
            if (muon != null) muon.step(learningRate);
            adamW.step(learningRate);
            for (Tensor p : parameters.byName().values()) {
                p.mutable_grad().reset();
            }
            return norm;
        }
    }

    @Override
    public SequencedMap<String, FloatTensor> parameters() {
        return tensors(parameters.byName(), UnaryOperator.identity());
    }

    @Override
    public SequencedMap<String, FloatTensor> gradients() {
        return tensors(parameters.byName(), Tensor::grad);
    }

    @Override
    public SequencedMap<String, FloatTensor> moments() {
        var state = new LinkedHashMap<String, Tensor>();
        if (muon != null) state.putAll(muon.state());
        state.putAll(adamW.state());
        return tensors(state, UnaryOperator.identity());
    }

    private static SequencedMap<String, FloatTensor> tensors(
            SequencedMap<String, Tensor> tensors, UnaryOperator<Tensor> of) {
        var floats = new LinkedHashMap<String, FloatTensor>();
        tensors.forEach((name, tensor) -> floats.put(name, new Floats(of.apply(tensor))));
        return floats;
    }

    @Override
    public void resumeAt(long steps) {
        adamW.resumeAt(steps);
    }

    @Override
    public void close() {
        step.close();
        if (muon != null) muon.close();
        adamW.close();
        parameters.close();
    }

    /// A contiguous fp32 tensor.
    private record Floats(Tensor tensor) implements FloatTensor {
        @Override
        public long[] shape() {
            var shape = new long[Math.toIntExact(tensor.dim())];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = tensor.size(i);
            }
            return shape;
        }

        @Override
        public void read(long from, float[] out, int count) {
            try (var all = new FloatPointer(tensor.data_ptr_float());
                    var part = all.getPointer(from)) {
                part.get(out, 0, count);
            }
        }

        @Override
        public void write(long at, float[] values, int count) {
            try (var all = new FloatPointer(tensor.data_ptr_float());
                    var part = all.getPointer(at)) {
                part.put(values, 0, count);
            }
        }
    }
}

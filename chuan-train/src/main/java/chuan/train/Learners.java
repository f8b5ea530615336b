package chuan.train;

import chuan.model.ModelConfig;
import chuan.model.Weights;

/// The back ends by their names. Only [TorchLearner] and what it needs see libtorch, and nobody
/// loads them before a run asks for it.
final class Learners {
    private Learners() {}

    /// @param device `cpu` or `libtorch`
    /// @param precision `auto`, `fp32` or `bf16`: the format of matrix products
    /// @param threads of an operation, 0 for one per processor
    /// @param recompute as [chuan.autograd.CpuTraining] explains; ignored by libtorch
    /// @throws TrainingException if this device cannot be had
    static Learner of(
            String device,
            String precision,
            int threads,
            boolean recompute,
            ModelConfig config,
            Weights.Source<float[]> initial,
            TrainConfig.Optimizer settings) {
        if (device.equals("libtorch"))
            return TorchLearner.load(config, initial, settings, precision, threads);
        return new CpuLearner(config, initial, settings, threads, precision, recompute);
    }
}

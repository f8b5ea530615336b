package chuan.train;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import chuan.torch.TensorScope;
import chuan.torch.TorchParameters;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Muon for the matrices of the layers, as [chuan.autograd.Muon] defines it, in operations of
/// libtorch and fp32.
///
/// Owns the momenta, not the parameters.
final class TorchMuon implements AutoCloseable {
    private static final double TYPICAL_UPDATE = 0.2;
    private static final double SMALLEST = 1e-7;
    private static final double A = 3.4445;
    private static final double B = -4.7750;
    private static final double C = 2.0315;

    private final TrainConfig.Optimizer settings;
    private final long[] packed;
    private final SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
    private final SequencedMap<String, Tensor> momenta = new LinkedHashMap<>();

    TorchMuon(ModelConfig config, TrainConfig.Optimizer settings, TorchParameters parameters) {
        this.settings = settings;
        packed = new long[] {config.queryWidth(), config.kvWidth(), config.kvWidth()};
        parameters
                .byName()
                .forEach((name, p) -> {
                    if (p.dim() == 2 && Weights.layerOf(name).isPresent()) take(name, p);
                });
    }

    private void take(String name, Tensor parameter) {
        try (var _ = new TensorScope()) {
            weights.put(name, parameter);
            momenta.put(name, TensorScope.keep(torch.zeros_like(parameter).detach()));
        }
    }

    /// Of the parameters that this one updates.
    Set<String> names() {
        return weights.keySet();
    }

    /// Updates its parameters by their gradients.
    void step(double learningRate) {
        double rate = learningRate * settings.muon().rate();
        try (var _ = new NoGradGuard()) {
            weights.forEach((name, p) -> {
                Tensor momentum = Objects.requireNonNull(momenta.get(name));
                boolean isPacked = name.endsWith("W_pack.weight");
                long at = 0;
                for (long rows : isPacked ? packed : new long[] {p.size(0)}) {
                    try (var _ = new TensorScope()) {
                        step(
                                p.narrow(0, at, rows),
                                p.grad().narrow(0, at, rows),
                                momentum.narrow(0, at, rows),
                                rate);
                    }
                    at += rows;
                }
            });
        }
    }

    private void step(Tensor p, Tensor gradient, Tensor momentum, double rate) {
        var beta = new Scalar(settings.muon().momentum());
        momentum.lerp_(gradient, new Scalar(1 - settings.muon().momentum()));
        Tensor update = orthogonal(gradient.lerp(momentum, beta));
        double scale = TYPICAL_UPDATE * Math.sqrt(Math.max(p.size(0), p.size(1)));
        p.mul_(new Scalar(1 - rate * settings.weightDecay()));
        p.add_(update, new Scalar(-rate * scale));
    }

    private Tensor orthogonal(Tensor matrix) {
        boolean tall = matrix.size(0) > matrix.size(1);
        double norm = Math.max(matrix.norm().item_float(), SMALLEST);
        Tensor x = (tall ? matrix.t() : matrix).mul(new Scalar(1 / norm));
        var a = new Scalar(A);
        var b = new Scalar(B);
        var c = new Scalar(C);
        var one = new Scalar(1.0);
        for (int i = 0; i < settings.muon().iterations(); i++) {
            Tensor gram = x.mm(x.t());
            x = torch.addmm(x, torch.addmm(gram, gram, gram, b, c), x, a, one);
        }
        return tall ? x.t() : x;
    }

    /// The momenta by `momentum.NAME`.
    SequencedMap<String, Tensor> state() {
        var state = new LinkedHashMap<String, Tensor>();
        momenta.forEach((name, t) -> state.put("momentum." + name, t));
        return state;
    }

    @Override
    public void close() {
        momenta.values().forEach(Tensor::close);
    }
}

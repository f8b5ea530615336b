package chuan.train;

import chuan.torch.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.global.torch;

/// AdamW (Loshchilov and Hutter 2019) in libtorch's fused kernel: one pass over each tensor.
/// Matrices decay, the embedding among them; norm gains do not, as in the official training code.
///
/// Owns its moments, not the parameters. The kernel has no method in the bindings and is reached
/// through the dispatcher by its name.
final class TorchAdamW implements AutoCloseable {
    private final TrainConfig.Optimizer settings;
    private final SequencedMap<String, Tensor> parameters;
    private final Map<String, Tensor> first = new LinkedHashMap<>();
    private final Map<String, Tensor> second = new LinkedHashMap<>();
    private final OperatorHandle kernel;
    private long steps;

    TorchAdamW(TrainConfig.Optimizer settings, SequencedMap<String, Tensor> parameters) {
        this.settings = settings;
        this.parameters = parameters;
        parameters.forEach((name, p) -> {
            try (var _ = new TensorScope()) {
                first.put(name, TensorScope.keep(torch.zeros_like(p).detach()));
                second.put(name, TensorScope.keep(torch.zeros_like(p).detach()));
            }
        });
        kernel = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
    }

    /// Updates all parameters by their gradients.
    void step(double learningRate) {
        try (var _ = new TensorScope();
                var _ = new NoGradGuard()) {
            steps++;
            update(learningRate, settings.weightDecay(), 2);
            update(learningRate, 0, 1);
        }
    }

    private void update(double learningRate, double decay, int dimensions) {
        var names = new ArrayList<String>();
        parameters.forEach((name, p) -> {
            if (p.dim() == dimensions) {
                names.add(name);
            }
        });
        if (names.isEmpty()) {
            return;
        }
        List<Tensor> values = names.stream().map(parameters::get).toList();
        var counters = new ArrayList<Tensor>();
        for (var _ : names) {
            counters.add(torch.full(new long[0], new Scalar((float) steps)));
        }
        var stack = new IValueVector();
        stack.push_back(list(values));
        stack.push_back(list(values.stream().map(Tensor::grad).toList()));
        stack.push_back(list(names.stream().map(first::get).toList()));
        stack.push_back(list(names.stream().map(second::get).toList()));
        stack.push_back(list(List.of()));
        stack.push_back(list(counters));
        stack.push_back(new IValue(learningRate));
        stack.push_back(new IValue(settings.beta1()));
        stack.push_back(new IValue(settings.beta2()));
        stack.push_back(new IValue(decay));
        stack.push_back(new IValue(settings.epsilon()));
        stack.push_back(new IValue(false)); // amsgrad
        stack.push_back(new IValue(false)); // maximize
        stack.push_back(new IValue()); // grad_scale
        stack.push_back(new IValue()); // found_inf
        kernel.callBoxed(stack);
    }

    private static IValue list(List<Tensor> tensors) {
        var list = new TensorList();
        tensors.forEach(list::push_back);
        return new IValue(new GenericList(list));
    }

    /// The moments by `first.NAME` and `second.NAME`: what a checkpoint keeps, and what a resumed
    /// run writes into.
    SequencedMap<String, Tensor> state() {
        var state = new LinkedHashMap<String, Tensor>();
        first.forEach((name, t) -> state.put("first." + name, t));
        second.forEach((name, t) -> state.put("second." + name, t));
        return state;
    }

    long steps() {
        return steps;
    }

    void resumeAt(long steps) {
        this.steps = steps;
    }

    @Override
    public void close() {
        first.values().forEach(Tensor::close);
        second.values().forEach(Tensor::close);
    }
}

package chuan.torch;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/// The trainable tensors of a model by their official names, and the same ones as the decoder's
/// tree. Owns them until [#close].
public final class TorchParameters implements AutoCloseable {
    private final SequencedMap<String, Tensor> byName = new LinkedHashMap<>();
    private final Weights<Tensor> weights;

    /// Asks `source` for each weight, copies it to fp32 and marks it as trainable.
    public TorchParameters(ModelConfig config, Weights.Source<Tensor> source) {
        weights =
                Weights.of(
                        config,
                        (name, shape) ->
                                byName.computeIfAbsent(name, _ -> leaf(source.get(name, shape))));
    }

    private static Tensor leaf(Tensor value) {
        try (var _ = new TensorScope()) {
            return TensorScope.keep(
                    value.to(org.bytedeco.pytorch.global.torch.ScalarType.Float)
                            .clone()
                            .detach()
                            .requires_grad_(true));
        }
    }

    /// The decoder's view.
    public Weights<Tensor> weights() {
        return weights;
    }

    /// In the order of the weight table.
    public SequencedMap<String, Tensor> byName() {
        return Collections.unmodifiableSequencedMap(byName);
    }

    /// The one with this official name.
    public Tensor get(String name) {
        Tensor tensor = byName.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("the model has no tensor " + name);
        }
        return tensor;
    }

    /// All of them, in the order of the weight table.
    public List<Tensor> tensors() {
        return new ArrayList<>(byName.values());
    }

    /// Number of scalars.
    public long count() {
        return byName.values().stream().mapToLong(Tensor::numel).sum();
    }

    @Override
    public void close() {
        byName.values().forEach(Tensor::close);
    }
}

package chuan.autograd;

import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The weights of a model in training by their official names, and the same ones as the decoder's
/// tree. Owns their memory and that of their gradients until [#close].
public final class Parameters implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final SequencedMap<String, Parameter> byName = new LinkedHashMap<>();
    private final Weights<Parameter> weights;

    /// All zero.
    public Parameters(ModelConfig config) {
        weights =
                Weights.of(
                        config,
                        (name, shape) ->
                                byName.computeIfAbsent(name, n -> new Parameter(n, shape, arena)));
    }

    /// The decoder's view.
    public Weights<Parameter> weights() {
        return weights;
    }

    /// In the order of the weight table.
    public List<Parameter> all() {
        return new ArrayList<>(byName.values());
    }

    /// The one with this official name.
    public Parameter get(String name) {
        Parameter parameter = byName.get(name);
        if (parameter == null)
            throw new IllegalArgumentException("the model has no tensor " + name);
        return parameter;
    }

    /// Number of scalars.
    public long count() {
        return byName.values().stream().mapToLong(Parameter::count).sum();
    }

    /// Sets all gradients to zero.
    public void clearGradients() {
        byName.values().forEach(p -> p.gradient().fill((byte) 0));
    }

    @Override
    public void close() {
        arena.close();
    }
}

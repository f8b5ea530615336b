package chuan.autograd;

import chuan.cpu.LargeMemory;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
        weights = tree(config, byName);
        var values = slices(all(), arena);
        var gradients = slices(all(), arena);
        int at = 0;
        for (var p : byName.values()) {
            p.placeIn(values.get(at), gradients.get(at));
            at++;
        }
    }

    /// The weights of a model, without memory: for plans.
    static Weights<Parameter> tree(ModelConfig config, SequencedMap<String, Parameter> byName) {
        return Weights.of(
                config,
                (name, shape) -> byName.computeIfAbsent(name, n -> new Parameter(n, shape)));
    }

    /// Memory for one number of each scalar: a slice for each parameter, in order.
    static List<MemorySegment> slices(List<Parameter> parameters, Arena owner) {
        var memory = LargeMemory.allocate(bytes(parameters), Buffer.ALIGNMENT, owner);
        var slices = new ArrayList<MemorySegment>();
        long at = 0;
        for (var p : parameters) {
            slices.add(memory.asSlice(at, p.bytes()));
            at += aligned(p.bytes());
        }
        return slices;
    }

    /// Bytes of one number of each scalar.
    static long bytes(Iterable<Parameter> parameters) {
        long bytes = 0;
        for (var p : parameters) bytes = Math.addExact(bytes, aligned(p.bytes()));
        return bytes;
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, Buffer.ALIGNMENT) * Buffer.ALIGNMENT;
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

package chuan.autograd;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The verbs of one shape of batch in their order, with memory for all that they leave to one
/// another. Values live from their verb on to its derivative; gradients only as long as somebody
/// needs them, and many have the same place one after the other.
final class Tape implements AutoCloseable {
    /// @param inputs whose gradients the node writes or adds to
    private record Entry(Node node, List<Value> inputs, List<Value> outputs) {}

    private final List<Entry> entries = new ArrayList<>();
    private final List<Buffer> values = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private long bytes;

    /// Memory for something that a verb leaves to its derivative.
    Buffer keep(long floats) {
        var buffer = new Buffer(floats);
        values.add(buffer);
        return buffer;
    }

    void add(Node node, List<Value> inputs, List<Value> outputs) {
        entries.add(new Entry(node, inputs, outputs));
    }

    /// The verb that was added last, taken off again.
    Node removeLast() {
        return entries.removeLast().node();
    }

    /// Decides where everything lives.
    void layOut() {
        for (var buffer : values) place(buffer);
        var gradients = new Gradients();
        for (var entry : entries.reversed()) {
            if (entry.node() instanceof Add) gradients.share(entry);
            else entry.inputs().forEach(x -> gradients.write(entry.node(), x));
            entry.outputs().forEach(gradients::release);
        }
    }

    private void place(Buffer buffer) {
        var memory = arena.allocate(buffer.floats * Float.BYTES, Buffer.ALIGNMENT);
        bytes += memory.byteSize();
        buffer.place(memory.address());
    }

    /// Bytes of all values and gradients.
    long bytes() {
        return bytes;
    }

    /// Gradients while the tape is gone through backwards.
    private final class Gradients {
        private final Map<Long, ArrayDeque<Buffer>> free = new HashMap<>();
        private final Map<Buffer, Integer> users = new HashMap<>();

        /// A node is going to write the gradient of `x`, or to add to it.
        void write(Node node, Value x) {
            boolean there = x.gradient != null;
            if (!there) use(x, take(x.elements()));
            switch (node) {
                case Linear linear -> linear.addsTo(there);
                case RmsNorm norm -> norm.addsTo(there);
                case Swiglu swiglu -> swiglu.addsTo(there);
                default -> {
                    if (there)
                        throw new IllegalStateException(
                                node.getClass().getSimpleName() + " cannot add to a gradient");
                }
            }
        }

        /// The two terms of a sum have its gradient. What is added to that of the first later comes
        /// when the second has been used.
        void share(Entry sum) {
            var gradient = Objects.requireNonNull(sum.outputs().getFirst().gradient);
            for (var x : sum.inputs()) {
                if (x.gradient != null)
                    throw new IllegalStateException("a term of a sum has another use after it");
                use(x, gradient);
            }
        }

        private void use(Value x, Buffer buffer) {
            x.gradient = buffer;
            users.merge(buffer, 1, Integer::sum);
        }

        private Buffer take(long floats) {
            var same = free.get(floats);
            if (same != null && !same.isEmpty()) return same.pop();
            var buffer = new Buffer(floats);
            place(buffer);
            return buffer;
        }

        /// Nobody needs the gradient of `x` any more.
        void release(Value x) {
            var buffer = Objects.requireNonNull(x.gradient);
            if (users.merge(buffer, -1, Integer::sum) == 0)
                free.computeIfAbsent(buffer.floats, _ -> new ArrayDeque<>()).push(buffer);
        }
    }

    void forward(Step step) {
        for (int i = 0; i < entries.size(); i++) entries.get(i).node().forward(step);
    }

    void backward(Step step) {
        for (int i = entries.size() - 1; i >= 0; i--) entries.get(i).node().backward(step);
    }

    @Override
    public void close() {
        arena.close();
    }
}

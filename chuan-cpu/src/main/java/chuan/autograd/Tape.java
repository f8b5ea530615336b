package chuan.autograd;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// The verbs of one shape of batch in their order, and where all lies that they leave to one
/// another ([Layout]): values as long as a verb or a derivative reads them, gradients until they
/// have been used.
///
/// A tape may have segments, such as the layers of a model. Of a segment only what it hands on to
/// others is kept; on the way back it is run again to get the rest (Chen et al. 2016, "Training
/// Deep Nets with Sublinear Memory Cost"), but for the last one, which has just been run, and for
/// verbs at its end that no derivative asks about. The bits are the same.
final class Tape {
    /// @param inputs whose gradients the node writes or adds to
    /// @param kept what else it leaves to its derivative
    /// @param segment number of the segment it belongs to, 0 for none
    private record Entry(
            Node node, List<Value> inputs, List<Value> outputs, List<Buffer> kept, int segment) {}

    private record Play(Entry entry, boolean forward, StepTimes.Part time) {
        void run(Step step) {
            long start = System.nanoTime();
            if (forward) entry.node().forward(step);
            else entry.node().backward(step);
            time.add(System.nanoTime() - start);
        }
    }

    private final StepTimes times;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Play> forward = new ArrayList<>();
    private final List<Play> backward = new ArrayList<>();
    private final Set<Buffer> buffers = new HashSet<>();
    private int segments;
    private int segment;
    private long bytes;

    Tape(StepTimes times) {
        this.times = times;
    }

    /// What follows is a segment of its own.
    void beginSegment() {
        segment = ++segments;
    }

    /// What follows belongs to no segment.
    void endSegment() {
        segment = 0;
    }

    void add(Node node, List<Value> inputs, List<Value> outputs, Buffer... kept) {
        entries.add(new Entry(node, inputs, outputs, List.of(kept), segment));
    }

    /// A sum that was taken off again, and what it adds.
    record Sum(Add add, List<Value> terms) {}

    /// Takes the verb that was added last off again, if it is a sum of this segment with the result
    /// `value`.
    Optional<Sum> removeSum(Value value) {
        if (entries.isEmpty()) return Optional.empty();
        var last = entries.getLast();
        if (last.segment() != segment || !last.outputs().contains(value)) return Optional.empty();
        if (!(last.node() instanceof Add add)) return Optional.empty();
        entries.removeLast();
        return Optional.of(new Sum(add, last.inputs()));
    }

    /// Decides what is played when and where everything lies; nothing can be added any more.
    void layOut() {
        for (var entry : entries) forward.add(play(entry, true));
        for (int i = entries.size() - 1; i >= 0; i--) {
            var entry = entries.get(i);
            boolean last =
                    i == entries.size() - 1 || entries.get(i + 1).segment() != entry.segment();
            if (last && entry.segment() > 0 && entry.segment() < segments) repeat(entry.segment());
            backward.add(play(entry, false));
        }
        for (var entry : entries.reversed()) gradients(entry);
        var layout = new Layout();
        int time = 0;
        for (var play : forward) uses(play, time++, layout);
        for (var play : backward) uses(play, time++, layout);
        bytes = layout.place();
    }

    private Play play(Entry entry, boolean forward) {
        String name = entry.node().getClass().getSimpleName();
        return new Play(entry, forward, times.part(name + (forward ? "" : " backwards")));
    }

    /// Plays those verbs of a segment again whose values its derivatives ask for.
    private void repeat(int number) {
        var members = entries.stream().filter(entry -> entry.segment() == number).toList();
        var wanted = new HashSet<Value>();
        for (var entry : members) {
            for (var x : entry.inputs()) if (entry.node().rereads(x)) wanted.add(x);
            for (var x : entry.outputs()) if (entry.node().rereads(x)) wanted.add(x);
        }
        var again = new ArrayList<Play>();
        for (var entry : members.reversed()) {
            boolean needed =
                    !entry.kept().isEmpty() || entry.outputs().stream().anyMatch(wanted::contains);
            if (!needed) continue;
            wanted.addAll(entry.inputs());
            again.add(play(entry, true));
        }
        backward.addAll(again.reversed());
    }

    /// Which memory the gradients before a verb have, and whether the verb is the first to write
    /// there.
    private void gradients(Entry entry) {
        var inputs = entry.inputs();
        switch (entry.node()) {
            case Add _ -> share(entry.outputs().getFirst(), inputs);
            case AddNorm both -> {
                both.addsTo(claim(both.sum()));
                share(both.sum(), inputs);
            }
            case Linear linear -> linear.addsTo(claim(inputs.getFirst()));
            case RmsNorm norm -> norm.addsTo(claim(inputs.getFirst()));
            case Swiglu swiglu -> swiglu.addsTo(claim(inputs.getFirst()));
            default -> {
                for (var x : inputs)
                    if (claim(x))
                        throw new IllegalStateException(
                                entry.node().getClass().getSimpleName()
                                        + " cannot add to a gradient");
            }
        }
    }

    /// @return whether somebody has written the gradient before
    private static boolean claim(Value x) {
        if (x.gradient != null) return true;
        x.gradient = new Buffer(x.elements());
        return false;
    }

    /// The two terms of a sum have its gradient. What is added to that of the first later comes
    /// when the second has been used.
    private static void share(Value sum, List<Value> terms) {
        for (var x : terms) {
            if (x.gradient != null)
                throw new IllegalStateException("a term of a sum has another use after it");
            x.gradient = Objects.requireNonNull(sum.gradient);
        }
    }

    private void uses(Play play, int time, Layout layout) {
        var entry = play.entry();
        var node = entry.node();
        if (play.forward()) {
            for (var x : entry.inputs()) layout.touch(known(x.data), time);
            for (var x : entry.outputs()) layout.fill(known(x.data), time);
            for (var buffer : entry.kept()) layout.fill(known(buffer), time);
        } else if (!node.differentiatesAhead()) {
            for (var x : entry.inputs()) if (node.rereads(x)) layout.touch(x.data, time);
            for (var x : entry.outputs()) if (node.rereads(x)) layout.touch(x.data, time);
            for (var buffer : entry.kept()) layout.touch(buffer, time);
            for (var x : entry.outputs()) layout.touch(gradient(x), time);
        }
        if (play.forward() == node.differentiatesAhead())
            for (var x : entry.inputs()) layout.touch(gradient(x), time);
    }

    private Buffer gradient(Value x) {
        return known(Objects.requireNonNull(x.gradient));
    }

    private Buffer known(Buffer buffer) {
        buffers.add(buffer);
        return buffer;
    }

    /// Bytes of all values and gradients, when they are laid out.
    long bytes() {
        return bytes;
    }

    /// The memory of the tape begins here.
    void placeIn(long base) {
        buffers.forEach(buffer -> buffer.placeIn(base));
    }

    void forward(Step step) {
        for (int i = 0; i < forward.size(); i++) forward.get(i).run(step);
    }

    void backward(Step step) {
        for (int i = 0; i < backward.size(); i++) backward.get(i).run(step);
    }
}

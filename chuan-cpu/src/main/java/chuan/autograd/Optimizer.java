package chuan.autograd;

import java.lang.foreign.MemorySegment;
import java.util.SequencedMap;

/// Changes parameters by their gradients. Owns its state, not the parameters; one thread calls, the
/// work is shared among the threads of a pool. The bits of a step do not depend on their number.
public sealed interface Optimizer extends AutoCloseable permits AdamW, Muon {
    /// Updates its parameters by their gradients times `clip`, and clears these gradients.
    void step(double learningRate, double clip);

    /// What a checkpoint keeps, by `KIND.NAME` of the parameter whose shape it has.
    SequencedMap<String, MemorySegment> state();

    /// Goes on as after so many steps.
    void resumeAt(long steps);

    @Override
    void close();
}

package chuan.asm;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A function that is written when it is first called for: of all sizes and formats a process uses
/// a few. Lives as long as the process. Safe for any threads.
public final class LazyFunction {
    private final Generator generator;

    /// Whoever sees it null without the lock asks again with it; segments are immutable.
    private @Nullable MemorySegment entry;

    public LazyFunction(Generator generator) {
        this.generator = generator;
    }

    /// Where it begins, for a downcall.
    ///
    /// @throws IllegalStateException if the system has no memory for it
    public MemorySegment entry() {
        var known = entry;
        return known == null ? load() : known;
    }

    private synchronized MemorySegment load() {
        var known = entry;
        if (known != null) return known;
        try {
            known = MemorySegment.ofAddress(CodeMemory.of(code().bytes()).address());
        } catch (CodeMemoryException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        entry = known;
        return known;
    }

    /// The function itself, to be looked at.
    public MachineCode code() {
        return generator.code();
    }
}

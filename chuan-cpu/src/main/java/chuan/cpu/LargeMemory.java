package chuan.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Zeroed memory off the heap in huge pages where the system has them: a core finds its way through
/// few large pages at once, and through many small ones with a detour for each.
public final class LargeMemory {
    private LargeMemory() {}

    /// @param owner frees it
    public static MemorySegment allocate(long bytes, long alignment, Arena owner) {
        if (bytes >= SystemPages.HUGE) {
            var memory = SystemPages.allocate(bytes, owner);
            if (memory != null) return memory;
        }
        return owner.allocate(Math.max(bytes, 1), alignment);
    }
}

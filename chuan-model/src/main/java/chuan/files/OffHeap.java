package chuan.files;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Memory outside the heap that is freed when the last view of it is unreachable. `Arena.ofAuto()`
/// alone would count it against the limit of direct buffers, which is the size of the heap: the
/// packed projections of a LLaMA-13B, 6 GB, would not fit beside a small heap.
public final class OffHeap {
    private static final long CACHE_LINE = 64;

    private OffHeap() {}

    /// Zeroed, aligned to a cache line.
    public static MemorySegment allocate(long bytes) {
        var owner = Arena.ofShared();
        return owner.allocate(bytes, CACHE_LINE).reinterpret(Arena.ofAuto(), _ -> owner.close());
    }
}

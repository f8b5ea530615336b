package chuan.cpu;

import chuan.files.OffHeap;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Memory for the matrices of one model, taken from blocks of huge pages: a matrix alone would
/// leave half a huge page unused. Freed when the last matrix of a block is unreachable.
public final class WeightMemory {
    private static final long BLOCK = 1L << 30;
    private static final long ALIGNMENT = 4096;

    /// From here on huge pages are worth a call into the system.
    private static final long LARGE = 1 << 20;

    private @Nullable MemorySegment block;
    private long used;

    /// @throws WeightMemoryException if the system has no more
    public MemorySegment allocate(long bytes) {
        if (bytes < LARGE) return offHeap(bytes);
        var current = block;
        if (current == null || current.byteSize() - used < bytes) {
            current = SystemPages.allocate(Math.max(bytes, BLOCK));
            if (current == null) current = SystemPages.allocate(bytes);
            if (current == null) return offHeap(bytes);
            block = current;
            used = 0;
        }
        var memory = current.asSlice(used, bytes);
        used = Math.min(current.byteSize(), Math.ceilDiv(used + bytes, ALIGNMENT) * ALIGNMENT);
        return memory;
    }

    private static MemorySegment offHeap(long bytes) {
        try {
            return OffHeap.allocate(bytes);
        } catch (OutOfMemoryError e) {
            throw new WeightMemoryException(bytes, e);
        }
    }
}

package chuan.autograd;

import chuan.cpu.LargeMemory;
import java.lang.foreign.Arena;

/// Memory that all tapes use, one after the other; as large as the largest needs. Owns it.
final class Workspace implements AutoCloseable {
    private Arena arena = Arena.ofShared();
    private long bytes;
    private long address;

    /// Makes room; what was there is lost.
    ///
    /// @return whether it is elsewhere now
    boolean reserve(long wanted) {
        if (wanted <= bytes) return false;
        arena.close();
        arena = Arena.ofShared();
        address = LargeMemory.allocate(wanted, Buffer.ALIGNMENT, arena).address();
        bytes = wanted;
        return true;
    }

    long address() {
        return address;
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}

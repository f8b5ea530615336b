package chuan.autograd;

import chuan.kernel.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Memory that means nothing between two jobs: one piece for each thread, and one for all. Grows to
/// the most that was asked for while a tape was laid out, and never after.
final class Scratch implements AutoCloseable {
    private final float[][] sums;
    private final long[] own;
    private long ownBytes;
    private long shared;
    private long sharedBytes;
    private Arena arena = Arena.ofShared();

    Scratch(int threads) {
        sums = new float[threads][Kernels.LANES];
        own = new long[threads];
    }

    /// Makes room; what was there is lost.
    void reserve(long bytesOfThread, long bytesOfAll) {
        if (bytesOfThread <= ownBytes && bytesOfAll <= sharedBytes) return;
        arena.close();
        arena = Arena.ofShared();
        ownBytes = Math.max(ownBytes, bytesOfThread);
        sharedBytes = Math.max(sharedBytes, bytesOfAll);
        for (int i = 0; i < own.length; i++) own[i] = allocate(ownBytes).address();
        shared = allocate(sharedBytes).address();
    }

    private MemorySegment allocate(long bytes) {
        return arena.allocate(Math.max(bytes, 1), Buffer.ALIGNMENT);
    }

    float[] sums(int thread) {
        return sums[thread];
    }

    /// Address of the memory of a thread.
    long own(int thread) {
        return own[thread];
    }

    /// Address of the memory of all.
    long shared() {
        return shared;
    }

    @Override
    public void close() {
        arena.close();
    }
}

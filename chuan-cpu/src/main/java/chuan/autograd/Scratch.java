package chuan.autograd;

import chuan.cpu.LargeMemory;
import chuan.kernel.Kernels;
import java.lang.foreign.Arena;

/// Memory that means nothing between two jobs: one piece for each thread, and one for all. Grows to
/// the most that was asked for while a tape was laid out, and never after.
final class Scratch implements AutoCloseable {
    /// What a thread has starts on a page of its own.
    private static final long PAGE = 4096;

    private final float[][] sums;
    private long address;
    private long ownBytes;
    private long sharedBytes;
    private Arena arena = Arena.ofShared();

    Scratch(int threads) {
        sums = new float[threads][Kernels.LANES];
    }

    /// Makes room; what was there is lost.
    void reserve(long bytesOfThread, long bytesOfAll) {
        if (bytesOfThread <= ownBytes && bytesOfAll <= sharedBytes) return;
        arena.close();
        arena = Arena.ofShared();
        ownBytes = Math.max(ownBytes, rounded(bytesOfThread));
        sharedBytes = Math.max(sharedBytes, rounded(bytesOfAll));
        address = LargeMemory.allocate(bytes(), PAGE, arena).address();
    }

    private static long rounded(long bytes) {
        return Math.ceilDiv(bytes, PAGE) * PAGE;
    }

    /// Bytes of what so many threads need.
    static long bytes(int threads, long bytesOfThread, long bytesOfAll) {
        return Math.addExact(
                rounded(bytesOfAll), Math.multiplyExact(threads, rounded(bytesOfThread)));
    }

    long bytes() {
        return bytes(sums.length, ownBytes, sharedBytes);
    }

    float[] sums(int thread) {
        return sums[thread];
    }

    /// Address of the memory of a thread.
    long own(int thread) {
        return address + sharedBytes + thread * ownBytes;
    }

    /// Address of the memory of all.
    long shared() {
        return address;
    }

    @Override
    public void close() {
        arena.close();
    }
}

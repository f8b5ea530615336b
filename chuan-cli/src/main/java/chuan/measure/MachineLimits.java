package chuan.measure;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.cpu.WeightMemory;
import chuan.cpu.WorkerPool;
import chuan.kernel.LimitLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// What the machine allows a number of threads together, at best.
///
/// @param threads that worked
/// @param readBytes per second, reading memory from one end to the other
/// @param multiplyAdds per second in registers alone, by `loop`; 0 without one
/// @param loop which instructions; null where no machine code can run
public record MachineLimits(
        int threads, double readBytes, double multiplyAdds, @Nullable LimitLoop loop) {

    /// Read once for each attempt: more than any cache holds.
    public static final long MEMORY = 1L << 30;

    private static final long PIECE = 1L << 22;
    private static final int ATTEMPTS = 4;

    /// Behind the memory, for what is fetched ahead.
    private static final long MARGIN = 1 << 13;

    private static final int PIECES = 64;

    /// Multiply-adds of a piece, about: half a millisecond.
    private static final long WORK = 50_000_000;

    /// `ldtilecfg`: palette 1, each of eight tiles with 16 rows of 64 bytes.
    private static final int TILE_ROWS_AT = 48;

    /// Where sums end that nobody wants, so that the compiler keeps them.
    static volatile long sink;

    /// Measures both, in half a second. The memory that is read is kept for the next time, in huge
    /// pages where the system has them, as weights are.
    ///
    /// @param loop whose limit is wanted; null for none
    public static MachineLimits measure(int threads, @Nullable LimitLoop loop) {
        try (var pool = new WorkerPool(threads)) {
            double read = read(pool);
            try {
                return new MachineLimits(
                        threads, read, loop == null ? 0 : multiply(pool, loop), loop);
            } catch (CodeMemoryException _) {
                return new MachineLimits(threads, read, 0, null);
            }
        }
    }

    /// The better of both attempts at the same limits.
    public MachineLimits best(MachineLimits other) {
        return new MachineLimits(
                threads,
                Math.max(readBytes, other.readBytes),
                Math.max(multiplyAdds, other.multiplyAdds),
                loop);
    }

    private static double read(WorkerPool pool) {
        var memory = Buffer.MEMORY_TO_READ;
        int pieces = (int) (MEMORY / PIECE);
        try (var loop = readLoop()) {
            double best = 0;
            for (int i = 0; i < ATTEMPTS; i++) {
                double taken =
                        seconds(
                                pool,
                                pieces,
                                (_, from, to) ->
                                        loop.read(memory, from * PIECE, (to - from) * PIECE));
                best = Math.max(best, MEMORY / taken);
            }
            return best;
        }
    }

    /// Made when it is first needed. Pages that were never written are one page of zeros.
    private static final class Buffer {
        private static final MemorySegment MEMORY_TO_READ =
                new WeightMemory().allocate(MEMORY + MARGIN).fill((byte) 1);
    }

    private static double multiply(WorkerPool pool, LimitLoop loop) throws CodeMemoryException {
        try (var code = loop.prepare();
                var arena = Arena.ofShared()) {
            long rounds = WORK / loop.workPerRound();
            var tiles = tiles(arena);
            double best = 0;
            for (int i = 0; i < ATTEMPTS; i++) {
                double taken =
                        seconds(
                                pool,
                                PIECES,
                                (_, from, to) -> code.run(tiles.address(), rounds * (to - from)));
                best = Math.max(best, (double) PIECES * rounds * loop.workPerRound() / taken);
            }
            return best;
        }
    }

    private static MemorySegment tiles(Arena arena) {
        var tiles = arena.allocate(64, 64);
        tiles.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (int i = 0; i < 8; i++) {
            tiles.set(ValueLayout.JAVA_SHORT, 16 + 2L * i, (short) 64);
            tiles.set(ValueLayout.JAVA_BYTE, TILE_ROWS_AT + i, (byte) 16);
        }
        return tiles;
    }

    private static double seconds(WorkerPool pool, int pieces, WorkerPool.Job job) {
        long start = System.nanoTime();
        pool.run(pieces, 1, job);
        return (System.nanoTime() - start) / 1e9;
    }

    private static ReadLoop readLoop() {
        try {
            var features = CpuFeatures.detect();
            for (var loop : new LimitLoop[] {LimitLoop.READ_512, LimitLoop.READ_256})
                if (loop.runsOn(features)) return new ReadLoop(loop, loop.prepare());
        } catch (CodeMemoryException _) {
            // what follows runs anywhere
        }
        return new ReadLoop(null, null);
    }

    /// Machine code where it runs, else a loop of Java.
    private record ReadLoop(@Nullable LimitLoop loop, LimitLoop.@Nullable Ready code)
            implements AutoCloseable {

        void read(MemorySegment memory, long from, long bytes) {
            if (code != null && loop != null)
                code.run(memory.address() + from, bytes / loop.workPerRound());
            else sink = sum(memory, from, bytes);
        }

        private static long sum(MemorySegment memory, long from, long bytes) {
            long a = 0;
            long b = 0;
            for (long i = from; i < from + bytes; i += 2 * Long.BYTES) {
                a += memory.get(ValueLayout.JAVA_LONG, i);
                b += memory.get(ValueLayout.JAVA_LONG, i + Long.BYTES);
            }
            return a + b;
        }

        @Override
        public void close() {
            if (code != null) code.close();
        }
    }
}

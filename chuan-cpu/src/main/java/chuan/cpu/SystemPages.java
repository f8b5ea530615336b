package chuan.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// What Linux can do for large ranges of memory: huge pages, and all pages of a range at once. On
/// other systems, or where it refuses, nothing happens but what Java can do.
final class SystemPages {
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int HUGE_PAGE = 14;
    private static final int POPULATE_READ = 22; // since Linux 5.14
    private static final long PAGE = 4096;
    static final long HUGE = 2 << 20;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private static final @Nullable MethodHandle MADVISE =
            find("madvise", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final @Nullable MethodHandle MMAP =
            find("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final @Nullable MethodHandle MUNMAP =
            find("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private SystemPages() {}

    private static @Nullable MethodHandle find(String name, FunctionDescriptor descriptor) {
        boolean linux = System.getProperty("os.name").equals("Linux");
        if (!linux || System.getProperty("sun.arch.data.model", "64").equals("32")) return null;
        try {
            var linker = Linker.nativeLinker();
            var symbol = linker.defaultLookup().find(name);
            return symbol.isPresent() ? linker.downcallHandle(symbol.get(), descriptor) : null;
        } catch (IllegalCallerException | UnsupportedOperationException _) {
            return null; // native access is not allowed
        }
    }

    /// Zeroed memory in huge pages, touched by nobody yet, that is freed when the last view of it
    /// is unreachable; null if the system has none.
    static @Nullable MemorySegment allocate(long bytes) {
        return allocate(bytes, Arena.ofAuto());
    }

    /// The same, freed with its owner.
    static @Nullable MemorySegment allocate(long bytes, Arena owner) {
        if (MMAP == null || MUNMAP == null) return null;
        long size = Math.addExact(bytes, 2 * HUGE) / HUGE * HUGE;
        try {
            long at = (long) MMAP.invokeExact(0L, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (at == -1) return null;
            long start = Math.ceilDiv(at, HUGE) * HUGE;
            var memory =
                    MemorySegment.ofAddress(start).reinterpret(bytes, owner, _ -> free(at, size));
            advise(start, bytes, HUGE_PAGE);
            return memory;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static void free(long address, long bytes) {
        var munmap = MUNMAP;
        if (munmap == null) return;
        try {
            int _ = (int) munmap.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// From now on pages of this mapped file shall be huge.
    static void preferHuge(MemorySegment mapped) {
        advise(mapped.address(), mapped.byteSize(), HUGE_PAGE);
    }

    /// Brings a piece of a mapped file into memory, all of it at once.
    static void populate(MemorySegment mapped) {
        if (!advise(mapped.address(), mapped.byteSize(), POPULATE_READ)) mapped.load();
    }

    private static boolean advise(long address, long bytes, int advice) {
        if (MADVISE == null) return false;
        long from = address / PAGE * PAGE;
        try {
            return (int) MADVISE.invokeExact(from, address + bytes - from, advice) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /// Handles have no exceptions of their own.
    private static IllegalStateException unexpected(Throwable e) {
        if (e instanceof Error error) throw error;
        return new IllegalStateException(e);
    }
}

package chuan.kernel;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Memory on Linux that ends where nothing may be read or written: a step too far ends the process.
final class GuardedMemory implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final long PAGE = 4096;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private final long address;
    private final long bytes;

    /// The memory: as many bytes as were asked for, up to the forbidden page.
    final MemorySegment segment;

    GuardedMemory(long size) {
        bytes = (size + PAGE - 1) / PAGE * PAGE + PAGE;
        try {
            address =
                    (long)
                            function("mmap", LONG, LONG, LONG, INT, INT, INT, LONG)
                                    .invokeExact(0L, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            int done =
                    (int)
                            function("mprotect", INT, LONG, LONG, INT)
                                    .invokeExact(address + bytes - PAGE, PAGE, 0);
            if (address == -1 || done != 0) throw new AssertionError("mmap or mprotect failed");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        segment = MemorySegment.ofAddress(address + bytes - PAGE - size).reinterpret(size);
    }

    private static MethodHandle function(
            String name, ValueLayout result, ValueLayout... arguments) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().find(name).orElseThrow(),
                FunctionDescriptor.of(result, arguments));
    }

    @Override
    public void close() {
        try {
            int _ = (int) function("munmap", INT, LONG, LONG).invokeExact(address, bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}

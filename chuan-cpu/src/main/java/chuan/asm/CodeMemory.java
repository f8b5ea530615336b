package chuan.asm;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/// Machine code in memory that may run: written first, then sealed, never both writable and
/// executable. Position-independent code of any number of functions.
///
/// Linux and macOS: `mmap` for reading and writing, then `mprotect` for reading and executing.
/// (`MAP_JIT` of macOS is not for us: its pages are made writable per thread, all at once, and
/// would take from the calling thread the permission to run what the JVM itself has compiled.)
/// Windows: `VirtualAlloc`, `VirtualProtect`, `FlushInstructionCache`.
///
/// Sealed memory may be used by any thread. Closing frees it: nobody may be inside, or come back.
public final class CodeMemory implements AutoCloseable {
    private final long address;
    private final long bytes;
    private final SystemMemory system;

    private CodeMemory(long address, long bytes, SystemMemory system) {
        this.address = address;
        this.bytes = bytes;
        this.system = system;
    }

    /// Puts `code` where it can run.
    ///
    /// @throws CodeMemoryException if the processor is no x86-64 one, or the system refuses
    public static CodeMemory of(byte[] code) throws CodeMemoryException {
        String processor = System.getProperty("os.arch");
        if (!processor.equals("amd64") && !processor.equals("x86_64"))
            throw new CodeMemoryException(
                    "machine code is made for x86-64 processors, not for " + processor);
        if (code.length == 0) throw new IllegalArgumentException("no code");
        SystemMemory system = SystemMemory.here();
        long bytes = code.length;
        long address = system.allocate(bytes);
        try {
            MemorySegment.ofAddress(address)
                    .reinterpret(code.length)
                    .copyFrom(MemorySegment.ofArray(code));
            system.seal(address, bytes);
        } catch (CodeMemoryException e) {
            system.free(address, bytes);
            throw e;
        }
        return new CodeMemory(address, bytes, system);
    }

    /// Where the code begins.
    public long address() {
        return address;
    }

    /// Frees it.
    @Override
    public void close() {
        system.free(address, bytes);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d bytes of code at %#x", bytes, address);
    }
}

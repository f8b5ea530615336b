package chuan.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Pages from the operating system: [Posix] or [Windows]. Holds the handles of its functions, each
/// of which leaves the system's error number in a block that the caller passes first.
sealed interface SystemMemory {
    ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    /// Writable memory, filled with zeros; returns its address.
    long allocate(long bytes) throws CodeMemoryException;

    /// From now on it can run and be read, and no longer be written.
    void seal(long address, long bytes) throws CodeMemoryException;

    void free(long address, long bytes);

    /// The one of this operating system.
    static SystemMemory here() throws CodeMemoryException {
        return Here.get();
    }

    /// Made once: handles take milliseconds.
    final class Here {
        private static @Nullable SystemMemory here;

        private Here() {}

        private static synchronized SystemMemory get() throws CodeMemoryException {
            var known = here;
            if (known != null) return known;
            String name = System.getProperty("os.name");
            known = name.startsWith("Windows") ? new Windows() : new Posix(name.startsWith("Mac"));
            here = known;
            return known;
        }
    }

    /// A call that failed, with the number the system gives for it.
    static CodeMemoryException failed(String function, String kind, int number) {
        return new CodeMemoryException(
                "the system gives no memory for machine code: %s failed with %s %d"
                        .formatted(function, kind, number));
    }

    /// Whatever a handle throws: it has no exceptions of its own.
    static CodeMemoryException failed(String function, Throwable e) {
        if (e instanceof Error error) throw error;
        return new CodeMemoryException("cannot call " + function + ": " + e.getMessage());
    }

    static MethodHandle handle(
            SymbolLookup lookup, String state, String name, FunctionDescriptor descriptor)
            throws CodeMemoryException {
        var symbol = lookup.find(name);
        if (symbol.isEmpty()) throw new CodeMemoryException("the system has no function " + name);
        return Linker.nativeLinker()
                .downcallHandle(symbol.get(), descriptor, Linker.Option.captureCallState(state));
    }

    static MemorySegment state(Arena arena) {
        return arena.allocate(Linker.Option.captureStateLayout());
    }

    static int number(MemorySegment state, String name) {
        var path = MemoryLayout.PathElement.groupElement(name);
        return (int) Linker.Option.captureStateLayout().varHandle(path).get(state, 0L);
    }

    /// Linux and macOS.
    final class Posix implements SystemMemory {
        private static final int READ = 1;
        private static final int WRITE = 2;
        private static final int EXECUTE = 4;
        private static final int PRIVATE = 2;
        private static final int ANONYMOUS = 0x20;
        private static final int ANONYMOUS_MAC = 0x1000;

        private final MethodHandle mmap;
        private final MethodHandle mprotect;
        private final MethodHandle munmap;
        private final int flags;

        Posix(boolean mac) throws CodeMemoryException {
            flags = PRIVATE | (mac ? ANONYMOUS_MAC : ANONYMOUS);
            mmap = handle("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
            mprotect = handle("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
            munmap = handle("munmap", FunctionDescriptor.of(INT, LONG, LONG));
        }

        private static MethodHandle handle(String name, FunctionDescriptor descriptor)
                throws CodeMemoryException {
            var lookup = Linker.nativeLinker().defaultLookup();
            return SystemMemory.handle(lookup, "errno", name, descriptor);
        }

        @Override
        public long allocate(long bytes) throws CodeMemoryException {
            try (var arena = Arena.ofConfined()) {
                var state = state(arena);
                long address =
                        (long) mmap.invokeExact(state, 0L, bytes, READ | WRITE, flags, -1, 0L);
                if (address == -1) throw failed("mmap", "errno", number(state, "errno"));
                return address;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("mmap", e);
            }
        }

        @Override
        public void seal(long address, long bytes) throws CodeMemoryException {
            try (var arena = Arena.ofConfined()) {
                var state = state(arena);
                int result = (int) mprotect.invokeExact(state, address, bytes, READ | EXECUTE);
                if (result != 0) throw failed("mprotect", "errno", number(state, "errno"));
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("mprotect", e);
            }
        }

        @Override
        public void free(long address, long bytes) {
            try (var arena = Arena.ofConfined()) {
                int _ = (int) munmap.invokeExact(state(arena), address, bytes);
            } catch (Throwable e) {
                throw new IllegalStateException("munmap", e);
            }
        }
    }

    /// Windows.
    final class Windows implements SystemMemory {
        private static final int COMMIT_AND_RESERVE = 0x3000;
        private static final int RELEASE = 0x8000;
        private static final int READ_WRITE = 0x04;
        private static final int EXECUTE_READ = 0x20;
        private static final String ERROR = "GetLastError";

        private final SymbolLookup kernel32 =
                SymbolLookup.libraryLookup("kernel32", Arena.global());
        private final MethodHandle virtualAlloc;
        private final MethodHandle virtualProtect;
        private final MethodHandle virtualFree;
        private final MethodHandle currentProcess;
        private final MethodHandle flush;

        Windows() throws CodeMemoryException {
            virtualAlloc =
                    handle("VirtualAlloc", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT));
            virtualProtect =
                    handle(
                            "VirtualProtect",
                            FunctionDescriptor.of(INT, LONG, LONG, INT, ValueLayout.ADDRESS));
            virtualFree = handle("VirtualFree", FunctionDescriptor.of(INT, LONG, LONG, INT));
            currentProcess = handle("GetCurrentProcess", FunctionDescriptor.of(LONG));
            flush = handle("FlushInstructionCache", FunctionDescriptor.of(INT, LONG, LONG, LONG));
        }

        private MethodHandle handle(String name, FunctionDescriptor descriptor)
                throws CodeMemoryException {
            return SystemMemory.handle(kernel32, ERROR, name, descriptor);
        }

        @Override
        public long allocate(long bytes) throws CodeMemoryException {
            try (var arena = Arena.ofConfined()) {
                var state = state(arena);
                long address =
                        (long)
                                virtualAlloc.invokeExact(
                                        state, 0L, bytes, COMMIT_AND_RESERVE, READ_WRITE);
                if (address == 0) throw failed("VirtualAlloc", "error", number(state, ERROR));
                return address;
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("VirtualAlloc", e);
            }
        }

        @Override
        public void seal(long address, long bytes) throws CodeMemoryException {
            try (var arena = Arena.ofConfined()) {
                var state = state(arena);
                var old = arena.allocate(INT);
                int done =
                        (int) virtualProtect.invokeExact(state, address, bytes, EXECUTE_READ, old);
                if (done == 0) throw failed("VirtualProtect", "error", number(state, ERROR));
                long process = (long) currentProcess.invokeExact(state);
                done = (int) flush.invokeExact(state, process, address, bytes);
                if (done == 0) throw failed("FlushInstructionCache", "error", number(state, ERROR));
            } catch (CodeMemoryException e) {
                throw e;
            } catch (Throwable e) {
                throw failed("VirtualProtect", e);
            }
        }

        @Override
        public void free(long address, long bytes) {
            try (var arena = Arena.ofConfined()) {
                int _ = (int) virtualFree.invokeExact(state(arena), address, 0L, RELEASE);
            } catch (Throwable e) {
                throw new IllegalStateException("VirtualFree", e);
            }
        }
    }
}

package chuan.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/// Linux keeps the tiles of AMX only for processes that ask (Documentation/arch/x86/xstate.rst).
final class TilePermission {
    private static final long ARCH_PRCTL = 158;
    private static final long REQUEST_STATE = 0x1023;
    private static final long TILE_DATA = 18;

    private TilePermission() {}

    /// Whether this process, in all its threads, may use tiles from now on.
    static boolean ask() throws CodeMemoryException {
        if (!System.getProperty("os.name").equals("Linux")) return true;
        var number = SystemMemory.LONG;
        MethodHandle syscall =
                SystemMemory.handle(
                        Linker.nativeLinker().defaultLookup(),
                        "errno",
                        "syscall",
                        FunctionDescriptor.of(number, number, number, number));
        try (var arena = Arena.ofConfined()) {
            var state = SystemMemory.state(arena);
            return (long) syscall.invokeExact(state, ARCH_PRCTL, REQUEST_STATE, TILE_DATA) == 0;
        } catch (Throwable e) {
            throw SystemMemory.failed("arch_prctl", e);
        }
    }
}

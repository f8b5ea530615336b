package chuan.asm;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Functions that are ready to be called, all in one piece of memory, each on a multiple of 64.
///
/// Any thread may call them; whoever closes it sees to it that nobody does any more.
public final class CodeLibrary implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    private final List<MachineCode> functions;
    private final CodeMemory memory;
    private final Map<String, MemorySegment> entries = new HashMap<>();

    private CodeLibrary(List<MachineCode> functions, CodeMemory memory) {
        this.functions = functions;
        this.memory = memory;
    }

    /// @param functions with different names
    /// @throws CodeMemoryException if no machine code can run here
    public static CodeLibrary load(List<MachineCode> functions) throws CodeMemoryException {
        int size = 0;
        for (var function : functions) size = aligned(Math.addExact(size, function.bytes().length));
        var bytes = new byte[size];
        int at = 0;
        for (var function : functions) {
            System.arraycopy(function.bytes(), 0, bytes, at, function.bytes().length);
            at = aligned(at + function.bytes().length);
        }
        var library = new CodeLibrary(List.copyOf(functions), CodeMemory.of(bytes));
        long address = library.memory.address();
        for (var function : functions) {
            library.entries.put(function.name(), MemorySegment.ofAddress(address));
            address += aligned(function.bytes().length);
        }
        return library;
    }

    private static int aligned(int size) {
        return Math.addExact(size, ALIGNMENT - 1) & -ALIGNMENT;
    }

    /// Where the function of this name begins.
    ///
    /// @throws IllegalArgumentException if there is none
    public MemorySegment entry(String name) {
        var entry = entries.get(name);
        if (entry == null) throw new IllegalArgumentException("no function " + name);
        return entry;
    }

    public List<MachineCode> functions() {
        return functions;
    }

    @Override
    public void close() {
        memory.close();
    }
}

package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.CodeMemory;
import chuan.asm.CodeMemoryException;
import chuan.asm.MachineCode;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The functions of a [PanelCode] in memory, one per layout and size of tile, checked against
/// [ScalarPanels] before anyone else may call them. Lives as long as the process. Thread-safe.
final class EmittedPanels {
    private static final int ALIGNMENT = 64;

    /// `int3`: stops whoever strays between functions.
    private static final byte FILLER = (byte) 0xcc;

    /// What a thread gets back from a call, at most: a part of the first-level cache.
    private static final int OUT_FLOATS = 4096;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final MethodHandle CALL = handle(6);
    private static final MethodHandle UNPACK = handle(3);

    private final PanelCode code;
    private final List<MachineCode> functions;
    private final CodeMemory memory;

    /// `[layout][tokens]`
    private final MemorySegment[][] entries;

    /// Null where nothing is ever unpacked.
    private final @Nullable MemorySegment unpacking;

    private final ThreadLocal<Places> places = ThreadLocal.withInitial(Places::new);

    /// What a thread needs on the way.
    private static final class Places {
        private final MemorySegment out =
                Arena.ofAuto().allocate(FLOAT.byteSize() * OUT_FLOATS, ALIGNMENT);

        private MemorySegment panel = MemorySegment.NULL;

        /// Room for a panel.
        private long panel(long bytes) {
            if (panel.byteSize() < bytes) panel = Arena.ofAuto().allocate(bytes, ALIGNMENT);
            return panel.address();
        }
    }

    private static MethodHandle handle(int arguments) {
        var numbers = new MemoryLayout[arguments];
        Arrays.fill(numbers, ValueLayout.JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(numbers));
    }

    private EmittedPanels(
            PanelCode code,
            List<MachineCode> functions,
            CodeMemory memory,
            MemorySegment[][] entries,
            @Nullable MemorySegment unpacking) {
        this.code = code;
        this.functions = functions;
        this.memory = memory;
        this.entries = entries;
        this.unpacking = unpacking;
    }

    /// Writes, seals and checks the functions.
    ///
    /// @param change made to the bytes on the way into memory: none, except by tests
    /// @throws CodeMemoryException if the system has no memory for code
    /// @throws WrongCodeException if what stands there does not compute what it should
    static EmittedPanels of(InstructionSet set, UnaryOperator<byte[]> change)
            throws CodeMemoryException, WrongCodeException {
        PanelCode code = set.panels();
        int most = code.mostTokens();
        var all = new ByteArrayOutputStream();
        var functions = new ArrayList<MachineCode>();
        int[] starts = new int[Panels.values().length * most + 1];
        for (Panels layout : Panels.values())
            for (int tokens = 1; tokens <= most; tokens++) {
                var a = new X86Assembler();
                code.write(a, CallingConvention.here(), layout, tokens);
                String name = "%s-int%d-%d-tokens".formatted(set.id(), layout.bits(), tokens);
                starts[functions.size()] = all.size();
                append(new MachineCode(name, a.bytes()), functions, all);
            }
        boolean unpacks = code.tokensWorthUnpacking() < Integer.MAX_VALUE;
        if (unpacks) {
            var a = new X86Assembler();
            code.writeUnpacking(a, CallingConvention.here());
            starts[functions.size()] = all.size();
            append(new MachineCode(set.id() + "-unpack-int4", a.bytes()), functions, all);
        }
        byte[] bytes = all.toByteArray();
        var memory = CodeMemory.of(change.apply(bytes.clone()));
        try {
            verify(memory, bytes, set);
            var entries = new MemorySegment[Panels.values().length][most + 1];
            int tiles = starts.length - 1;
            for (int i = 0; i < tiles; i++)
                entries[i / most][i % most + 1] =
                        MemorySegment.ofAddress(memory.address() + starts[i]);
            var unpacking =
                    unpacks ? MemorySegment.ofAddress(memory.address() + starts[tiles]) : null;
            var panels =
                    new EmittedPanels(code, List.copyOf(functions), memory, entries, unpacking);
            PanelSelfTest.run(panels, set);
            return panels;
        } catch (WrongCodeException e) {
            memory.close();
            throw e;
        }
    }

    private static void append(
            MachineCode function, List<MachineCode> functions, ByteArrayOutputStream all) {
        functions.add(function);
        all.writeBytes(function.bytes());
        while (all.size() % ALIGNMENT != 0) all.write(FILLER);
    }

    /// Nothing may have changed on the way: a wrong byte could do anything.
    private static void verify(CodeMemory memory, byte[] bytes, InstructionSet set)
            throws WrongCodeException {
        var there =
                MemorySegment.ofAddress(memory.address())
                        .reinterpret(bytes.length)
                        .toArray(ValueLayout.JAVA_BYTE);
        int at = Arrays.mismatch(bytes, there);
        if (at >= 0)
            throw new WrongCodeException(
                    "byte %d of the machine code for %s is %02x in memory instead of %02x"
                            .formatted(at, set.title(), there[at], bytes[at]));
    }

    /// What was written, for listings.
    List<MachineCode> functions() {
        return functions;
    }

    PanelCode code() {
        return code;
    }

    /// Rows `[from, to)` of `w` times the tokens of `x`.
    void matmul(Matrix w, int from, int to, PackedRows x, float[] y) {
        var layout = Objects.requireNonNull(w.format().panels());
        long panelBytes = layout.panelBytes(w.columns());
        int first = from / Panels.ROWS;
        int end = Math.ceilDiv(to, Panels.ROWS);
        long weights = w.memory().address();
        var own = places.get();
        if (layout != Panels.PANEL4
                || unpacking == null
                || x.tokens() < code.tokensWorthUnpacking()) {
            for (int tile = 0; tile < x.tiles(); tile++)
                multiply(layout, weights, panelBytes, first, end, x, tile, own, w, from, to, y);
            return;
        }
        long bytes = Panels.PANEL8.panelBytes(w.columns());
        long unpacked = own.panel(bytes);
        for (int panel = first; panel < end; panel++) {
            unpack(unpacking, weights + panel * panelBytes, x.superblocks(), unpacked);
            long start = unpacked - panel * bytes;
            for (int tile = 0; tile < x.tiles(); tile++)
                multiply(
                        Panels.PANEL8,
                        start,
                        bytes,
                        panel,
                        panel + 1,
                        x,
                        tile,
                        own,
                        w,
                        from,
                        to,
                        y);
        }
    }

    /// Panels `[first, end)`, the first of all being at `weights`, times a tile.
    private void multiply(
            Panels layout,
            long weights,
            long panelBytes,
            int first,
            int end,
            PackedRows x,
            int tile,
            Places own,
            Matrix w,
            int from,
            int to,
            float[] y) {
        int token = x.first(tile);
        int tokens = x.first(tile + 1) - token;
        var entry = entries[layout.ordinal()][tokens];
        int atOnce = OUT_FLOATS / (Panels.ROWS * tokens);
        for (int panel = first; panel < end; panel += atOnce) {
            int panels = Math.min(atOnce, end - panel);
            call(
                    entry,
                    weights + panel * panelBytes,
                    panelBytes,
                    panels,
                    x.tile(tile),
                    x.superblocks(),
                    own.out.address());
            int row = panel * Panels.ROWS;
            int start = Math.max(row, from);
            int stop = Math.min(row + panels * Panels.ROWS, to);
            for (int t = 0; t < tokens; t++)
                MemorySegment.copy(
                        own.out,
                        FLOAT,
                        FLOAT.byteSize() * (t * panels * Panels.ROWS + start - row),
                        y,
                        (token + t) * w.rows() + start,
                        stop - start);
        }
    }

    private static void unpack(MemorySegment entry, long panel, long superblocks, long to) {
        try {
            UNPACK.invokeExact(entry, panel, superblocks, to);
        } catch (Throwable e) {
            throw new IllegalStateException("machine code cannot be called", e);
        }
    }

    private static void call(
            MemorySegment entry,
            long weights,
            long panelBytes,
            long panels,
            long tile,
            long superblocks,
            long out) {
        try {
            CALL.invokeExact(entry, weights, panelBytes, panels, tile, superblocks, out);
        } catch (Throwable e) {
            throw new IllegalStateException("machine code cannot be called", e);
        }
    }

    @Override
    public String toString() {
        return memory.toString();
    }
}

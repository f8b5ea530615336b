package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.CodeMemory;
import chuan.asm.CodeMemoryException;
import chuan.asm.MachineCode;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The functions of a [PanelCode] in memory, and how to call them. Lives as long as the process.
/// Thread-safe.
final class PanelFunctions {
    private static final int ALIGNMENT = 64;

    /// `int3`: stops whoever strays between functions.
    private static final byte FILLER = (byte) 0xcc;

    /// `(code, six arguments)`
    private static final MethodHandle CALL = handle();

    private final List<MachineCode> functions = new ArrayList<>();
    private final CodeMemory memory;

    /// `[form][tokens]`; null where no panel in this form meets so many.
    private final @Nullable MemorySegment[][] panels;

    /// `[layout][bytes of a code]`; null where nobody reads such codes.
    private final @Nullable MemorySegment[][] quantizing =
            new MemorySegment[Panels.values().length][1 + Short.BYTES];

    /// `[layout]`, to the form that the instructions want; null where that is what is stored.
    private final @Nullable MemorySegment[] unpacking = new MemorySegment[Panels.values().length];

    private static MethodHandle handle() {
        var numbers = new MemoryLayout[6];
        Arrays.fill(numbers, ValueLayout.JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(numbers));
    }

    /// Writes and seals the functions.
    ///
    /// @param writing changes what is written: nothing, except in tests
    /// @param copying changes it on the way into memory: the same
    /// @throws CodeMemoryException if the system has no memory for code
    /// @throws WrongCodeException if it does not hold what was written
    PanelFunctions(InstructionSet set, UnaryOperator<byte[]> writing, UnaryOperator<byte[]> copying)
            throws CodeMemoryException, WrongCodeException {
        PanelCode code = set.panels();
        int most = code.mostTokens();
        for (Panels layout : Panels.values()) {
            for (int codeBytes : codeBytes(code, layout))
                functions.add(new QuantizeCode(code.start(layout), codeBytes).code());
            if (code.unpacked(layout) != PanelForm.of(layout))
                functions.add(new UnpackCode(layout, code.unpacked(layout)).code());
        }
        for (var form : PanelForm.values())
            for (int tokens = 1; tokens <= most; tokens++)
                if (isNeeded(code, form, tokens)) {
                    var a = new X86Assembler();
                    code.write(a, CallingConvention.here(), form, tokens);
                    functions.add(new MachineCode(name(set, form, tokens), a.bytes()));
                }
        var all = new ByteArrayOutputStream();
        Map<String, Integer> starts = new HashMap<>();
        for (var function : functions) {
            starts.put(function.name(), all.size());
            all.writeBytes(function.bytes());
            while (all.size() % ALIGNMENT != 0) all.write(FILLER);
        }
        byte[] bytes = writing.apply(all.toByteArray());
        memory = CodeMemory.of(copying.apply(bytes.clone()));
        try {
            verify(memory, bytes, set);
        } catch (WrongCodeException e) {
            memory.close();
            throw e;
        }
        panels = new MemorySegment[PanelForm.values().length][most + 1];
        for (var form : PanelForm.values())
            for (int tokens = 1; tokens <= most; tokens++)
                panels[form.ordinal()][tokens] = entry(starts, name(set, form, tokens));
        for (Panels layout : Panels.values()) {
            for (int codeBytes : codeBytes(code, layout))
                quantizing[layout.ordinal()][codeBytes] =
                        entry(starts, new QuantizeCode(code.start(layout), codeBytes).name());
            unpacking[layout.ordinal()] =
                    entry(starts, new UnpackCode(layout, code.unpacked(layout)).name());
        }
    }

    private static boolean isNeeded(PanelCode code, PanelForm form, int tokens) {
        for (Panels stored : Panels.values()) if (code.meets(stored, form, tokens)) return true;
        return false;
    }

    /// Bytes of the codes that weights of this layout meet.
    private static Set<Integer> codeBytes(PanelCode code, Panels layout) {
        var sizes = new TreeSet<Integer>();
        sizes.add(PanelForm.of(layout).codeBytes());
        sizes.add(code.unpacked(layout).codeBytes());
        return sizes;
    }

    private static String name(InstructionSet set, PanelForm form, int tokens) {
        return "%s-%s-%d-tokens".formatted(set.id(), form.name().toLowerCase(Locale.ROOT), tokens);
    }

    private @Nullable MemorySegment entry(Map<String, Integer> starts, String name) {
        Integer start = starts.get(name);
        return start == null ? null : MemorySegment.ofAddress(memory.address() + start);
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
    List<MachineCode> written() {
        return List.copyOf(functions);
    }

    void close() {
        memory.close();
    }

    /// [PanelCode]'s function for a tile of `tokens`.
    void multiply(
            PanelForm form,
            int tokens,
            long weights,
            long panelBytes,
            long count,
            long tile,
            long superblocks,
            long out) {
        var entry = panels[form.ordinal()][tokens];
        call(Objects.requireNonNull(entry), weights, panelBytes, count, tile, superblocks, out);
    }

    /// [QuantizeCode]'s function.
    void quantize(
            Panels layout,
            int codeBytes,
            long x,
            long blocks,
            long codes,
            long stride,
            long starts,
            long scales) {
        var entry = quantizing[layout.ordinal()][codeBytes];
        call(Objects.requireNonNull(entry), x, blocks, codes, stride, starts, scales);
    }

    /// [UnpackCode]'s function.
    void unpack(Panels layout, long panel, long superblocks, long to) {
        var entry = unpacking[layout.ordinal()];
        call(Objects.requireNonNull(entry), panel, superblocks, to, 0, 0, 0);
    }

    private static void call(MemorySegment entry, long a, long b, long c, long d, long e, long f) {
        try {
            CALL.invokeExact(entry, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw new IllegalStateException("machine code cannot be called", t);
        }
    }

    @Override
    public String toString() {
        return memory.toString();
    }
}

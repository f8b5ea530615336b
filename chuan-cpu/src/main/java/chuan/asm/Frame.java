package chuan.asm;

import java.util.ArrayList;
import java.util.List;

/// The beginning and the end of a function, so that what lies between is the same under every
/// [CallingConvention]: the first six arguments come in rdi, rsi, rdx, rcx, r8, r9, the others from
/// [#argument]; rax, r10, r11 and all vector registers are free, other registers if named to
/// [#open]; rbp is taken. Locals begin at rsp, on a multiple of 64.
///
/// ```java
/// var frame = Frame.open(assembler, CallingConvention.here(), 384, Gp.RBX);
/// ...
/// frame.close();
/// ```
public final class Frame {
    private static final List<Gp> ARGUMENTS = CallingConvention.SYSTEM_V.arguments;
    private static final int ALIGNMENT = 64;
    private static final int WORD = Long.BYTES;

    /// Larger frames of Windows would have to touch each page on the way.
    private static final int MOST_BYTES = 3072;

    private static final int FIRST_KEPT_XMM = 6;
    private static final int KEPT_XMMS = 10;

    private final X86Assembler assembler;
    private final CallingConvention convention;
    private final List<Gp> saved;

    /// From rsp to the saved xmm registers; beyond the locals.
    private final int xmmsAt;

    private Frame(
            X86Assembler assembler, CallingConvention convention, List<Gp> saved, int xmmsAt) {
        this.assembler = assembler;
        this.convention = convention;
        this.saved = saved;
        this.xmmsAt = xmmsAt;
    }

    /// Writes the beginning of a function.
    ///
    /// @param localBytes of stack for its own use, up to 2,048
    /// @param used of rbx, r12, r13, r14, r15, those that the function writes to
    public static Frame open(
            X86Assembler assembler, CallingConvention convention, int localBytes, Gp... used) {
        boolean windows = convention == CallingConvention.WINDOWS;
        var saved = new ArrayList<Gp>(List.of(used));
        if (windows) saved.addAll(List.of(Gp.RDI, Gp.RSI));
        int xmmsAt = (localBytes + ALIGNMENT - 1) & -ALIGNMENT;
        int bytes = xmmsAt + (windows ? 16 * KEPT_XMMS : 0);
        if (bytes > MOST_BYTES) throw new IllegalArgumentException(localBytes + " bytes of locals");
        assembler.push(Gp.RBP);
        assembler.mov(Gp.RBP, Gp.RSP);
        saved.forEach(assembler::push);
        if (bytes > 0) {
            assembler.sub(Gp.RSP, bytes);
            assembler.and(Gp.RSP, -ALIGNMENT);
        }
        var frame = new Frame(assembler, convention, List.copyOf(saved), xmmsAt);
        if (windows) frame.enterWindows();
        return frame;
    }

    /// Ahead of each register that is written to, what it holds has been moved on.
    private void enterWindows() {
        for (int i = 0; i < KEPT_XMMS; i++)
            assembler.vmovups(Mem.at(Gp.RSP, xmmsAt + 16 * i), Vec.xmm(FIRST_KEPT_XMM + i));
        assembler.mov(Gp.RDI, Gp.RCX);
        assembler.mov(Gp.RSI, Gp.RDX);
        assembler.mov(Gp.RDX, Gp.R8);
        assembler.mov(Gp.RCX, Gp.R9);
        assembler.mov(Gp.R8, inMemory(4));
        assembler.mov(Gp.R9, inMemory(5));
    }

    /// Argument `index`, counted from 0, from the seventh on.
    public Mem argument(int index) {
        if (index < ARGUMENTS.size())
            throw new IllegalArgumentException(
                    "argument " + index + " is in " + ARGUMENTS.get(index));
        return inMemory(index);
    }

    private Mem inMemory(int index) {
        int place = index - convention.arguments.size();
        return Mem.at(Gp.RBP, 2 * WORD + convention.reserved + WORD * place);
    }

    /// Writes the end: everything as the caller left it, and the way back.
    public void close() {
        if (convention == CallingConvention.WINDOWS)
            for (int i = 0; i < KEPT_XMMS; i++)
                assembler.vmovups(Vec.xmm(FIRST_KEPT_XMM + i), Mem.at(Gp.RSP, xmmsAt + 16 * i));
        assembler.vzeroupper();
        assembler.lea(Gp.RSP, Mem.at(Gp.RBP, -WORD * saved.size()));
        saved.reversed().forEach(assembler::pop);
        assembler.pop(Gp.RBP);
        assembler.ret();
    }
}

package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;
import java.util.Locale;

/// Writes `void unpack(const void *panel, long superblocks, void *to)`: a panel as stored in
/// another [PanelForm]. Done once per panel and step, for all its tokens. AVX2.
record UnpackCode(Panels from, PanelForm to) {
    private static final Gp FROM = Gp.RDI;
    private static final Gp SUPERBLOCKS = Gp.RSI;
    private static final Gp TO = Gp.RDX;
    private static final Gp DATA = Gp.RAX;
    private static final int HALF = 32;

    // Registers.
    private static final Vec A = Vec.ymm(0);
    private static final Vec B = Vec.ymm(1);
    private static final Vec EVEN = Vec.ymm(2);
    private static final Vec ODD = Vec.ymm(3);
    private static final Vec NIBBLES = Vec.ymm(4);
    private static final Vec EIGHTS = Vec.ymm(5);
    private static final Vec SIGNS = Vec.ymm(6);
    private static final Vec ORDER = Vec.ymm(7);

    /// Undoes that a shuffle of 32-bit groups keeps to halves of a register.
    private static final int[] IN_ORDER = {0, 1, 4, 5, 2, 3, 6, 7};

    String name() {
        return "unpack-int%d-to-%s".formatted(from.bits(), to.name().toLowerCase(Locale.ROOT));
    }

    MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        Label data = a.label();
        Label next = a.label();
        a.lea(DATA, data);
        a.vpbroadcastd(NIBBLES, Mem.at(DATA, 0));
        a.vpbroadcastd(EIGHTS, Mem.at(DATA, 4));
        a.vpbroadcastd(SIGNS, Mem.at(DATA, 8));
        a.vmovdqu(ORDER, Mem.at(DATA, HALF));
        a.bind(next);
        for (int half = 0; half < 2; half++) {
            a.vmovdqu(A, Mem.at(FROM, half * HALF));
            a.vmovdqu(Mem.at(TO, half * HALF), A);
        }
        for (int line = 0; line < 2 * from.lines(); line++) {
            PanelCode.ask(a, at(FROM, line));
            for (int half = 0; half < 2; half++) line(a, line, half * HALF);
        }
        a.add(FROM, from.superblockBytes());
        a.add(TO, to.superblockBytes());
        a.dec(SUPERBLOCKS);
        a.jnz(next);
        frame.close();
        a.align(HALF);
        a.bind(data);
        a.ints(0x0f0f_0f0f, 0x0808_0808, 0x8080_8080, 0, 0, 0, 0, 0);
        a.ints(IN_ORDER);
        return new MachineCode(name(), a.bytes());
    }

    private static Mem at(Gp base, int line) {
        return Mem.at(base, Panels.SCALE_BYTES + line * Panels.LINE);
    }

    /// Eight rows of a line, those from byte `half` on.
    private void line(X86Assembler a, int line, int half) {
        Mem source = at(FROM, line).plus(half);
        switch (from) {
            case PANEL4 -> {
                int block = line / from.lines();
                int low = block * to.lines() + line % from.lines();
                a.vmovdqu(B, source);
                a.vpand(A, B, NIBBLES);
                a.vpsrld(B, B, 4);
                a.vpand(B, B, NIBBLES);
                if (to == PanelForm.INT8) {
                    a.vpsubb(A, A, EIGHTS);
                    a.vpsubb(B, B, EIGHTS);
                }
                a.vmovdqu(at(TO, low).plus(half), A);
                a.vmovdqu(at(TO, low + from.lines()).plus(half), B);
            }
            case PANEL8 -> {
                if (to == PanelForm.WORDS) words(a, source, line, half);
                else {
                    a.vpxor(A, SIGNS, source);
                    a.vmovdqu(at(TO, line).plus(half), A);
                }
            }
        }
    }

    /// Four columns of eight rows: the first two to one line, the others to the next.
    private static void words(X86Assembler a, Mem source, int line, int half) {
        a.vpmovsxbw(A, source);
        a.vpmovsxbw(B, source.plus(HALF / 2));
        a.vshufps(EVEN, A, B, 0b10_00_10_00);
        a.vshufps(ODD, A, B, 0b11_01_11_01);
        a.vpermd(EVEN, ORDER, EVEN);
        a.vpermd(ODD, ORDER, ODD);
        a.vmovdqu(at(TO, 2 * line).plus(half), EVEN);
        a.vmovdqu(at(TO, 2 * line + 1).plus(half), ODD);
    }
}

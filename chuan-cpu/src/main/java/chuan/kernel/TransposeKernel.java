package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Writes `void transpose(from, fromRow, to, toRow, blocks)`: eight rows of `8 * blocks` floats
/// become as many rows of eight; distances between rows in bytes. In AVX: rows `i` and `i + 4`
/// share a register, whose halves are then turned like matrices of four by four.
record TransposeKernel() implements Generator {
    static final int SIZE = 8;
    private static final int HALF = SIZE / 2;

    private static final Gp FROM = Gp.RDI;
    private static final Gp FROM_ROW = Gp.RSI;
    private static final Gp TO = Gp.RDX;
    private static final Gp TO_ROW = Gp.RCX;
    private static final Gp BLOCKS = Gp.R8;

    /// Of rows 3, 4 and 7.
    private static final Gp FROM_3 = Gp.RAX;

    private static final Gp FROM_4 = Gp.R10;
    private static final Gp FROM_7 = Gp.R11;

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        a.lea(FROM_3, Mem.at(FROM, FROM_ROW, 2, 0));
        a.add(FROM_3, FROM_ROW);
        a.lea(FROM_4, Mem.at(FROM, FROM_ROW, 4, 0));
        a.lea(FROM_7, Mem.at(FROM_3, FROM_ROW, 4, 0));
        Label loop = a.label();
        a.bind(loop);
        columns(a, 0);
        columns(a, HALF * Float.BYTES);
        for (Gp base : new Gp[] {FROM, FROM_3, FROM_4, FROM_7}) a.add(base, SIZE * Float.BYTES);
        a.dec(BLOCKS);
        a.jnz(loop);
        frame.close();
        return new MachineCode("transpose", a.bytes());
    }

    private static Mem row(int i, int disp) {
        return switch (i) {
            case 0 -> Mem.at(FROM, disp);
            case 1 -> Mem.at(FROM, FROM_ROW, 1, disp);
            case 2 -> Mem.at(FROM, FROM_ROW, 2, disp);
            case 3 -> Mem.at(FROM_3, disp);
            case 4 -> Mem.at(FROM_4, disp);
            case 5 -> Mem.at(FROM_4, FROM_ROW, 1, disp);
            case 6 -> Mem.at(FROM_4, FROM_ROW, 2, disp);
            default -> Mem.at(FROM_7, disp);
        };
    }

    /// Four columns, `disp` bytes on, become four rows.
    private static void columns(X86Assembler a, int disp) {
        for (int i = 0; i < HALF; i++) {
            a.vmovups(Vec.xmm(i), row(i, disp));
            a.vinsertf128(Vec.ymm(i), Vec.ymm(i), row(i + HALF, disp), 1);
        }
        a.vunpcklps(Vec.ymm(4), Vec.ymm(0), Vec.ymm(1));
        a.vunpckhps(Vec.ymm(5), Vec.ymm(0), Vec.ymm(1));
        a.vunpcklps(Vec.ymm(6), Vec.ymm(2), Vec.ymm(3));
        a.vunpckhps(Vec.ymm(7), Vec.ymm(2), Vec.ymm(3));
        a.vunpcklpd(Vec.ymm(8), Vec.ymm(4), Vec.ymm(6));
        a.vunpckhpd(Vec.ymm(9), Vec.ymm(4), Vec.ymm(6));
        a.vunpcklpd(Vec.ymm(10), Vec.ymm(5), Vec.ymm(7));
        a.vunpckhpd(Vec.ymm(11), Vec.ymm(5), Vec.ymm(7));
        for (int i = 0; i < HALF; i++) {
            a.vmovups(Mem.at(TO), Vec.ymm(8 + i));
            a.add(TO, TO_ROW);
        }
    }
}

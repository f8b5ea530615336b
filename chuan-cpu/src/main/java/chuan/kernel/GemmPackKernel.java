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

/// Writes `void pack(from, distance, to, depth)`: some rows of a matrix of fp32 become
/// `[depth][rows]`, as [GemmKernel] reads them.
///
/// @param rows 1 to 12
/// @param along depth lies along the rows, which are `distance` bytes apart; else the rows lie side
///   by side, and elements of depth are `distance` bytes apart
record GemmPackKernel(int rows, boolean along) implements Generator {
    /// Rows, and elements of depth, that are turned together.
    private static final int SIZE = 4;

    private static final Gp FROM = Gp.RDI;
    private static final Gp DISTANCE = Gp.RSI;
    private static final Gp TO = Gp.RDX;
    private static final Gp DEPTH = Gp.RCX;

    /// Of every third row.
    private static final Gp[] ROW = {FROM, Gp.R8, Gp.R9, Gp.R10};

    private static final int ROWS_OF_BASE = 3;

    String name() {
        return "gemm-pack-" + rows + (along ? "-along" : "-across");
    }

    private int bases() {
        return Math.ceilDiv(rows, ROWS_OF_BASE);
    }

    /// Rows that have others to turn with.
    private int turned() {
        return rows / SIZE * SIZE;
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        if (along) along(a);
        else across(a);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    private void across(X86Assembler a) {
        Label next = a.label();
        a.bind(next);
        for (int r = 0; r < turned(); r += SIZE) {
            a.vmovups(Vec.xmm(r / SIZE), Mem.at(FROM, r * Float.BYTES));
            a.vmovups(Mem.at(TO, r * Float.BYTES), Vec.xmm(r / SIZE));
        }
        for (int r = turned(); r < rows; r++)
            one(a, Mem.at(FROM, r * Float.BYTES), Mem.at(TO, r * Float.BYTES));
        a.add(FROM, DISTANCE);
        a.add(TO, rows * Float.BYTES);
        a.dec(DEPTH);
        a.jnz(next);
    }

    private void along(X86Assembler a) {
        Label fours = a.label();
        Label ones = a.label();
        Label next = a.label();
        Label done = a.label();
        for (int i = 1; i < bases(); i++) {
            a.lea(ROW[i], Mem.at(ROW[i - 1], DISTANCE, 2, 0));
            a.add(ROW[i], DISTANCE);
        }
        a.sub(DEPTH, SIZE);
        a.jl(ones);
        a.bind(fours);
        for (int r = 0; r < turned(); r += SIZE) turn(a, r);
        for (int r = turned(); r < rows; r++)
            for (int k = 0; k < SIZE; k++) one(a, row(r, k), to(r, k));
        advance(a, SIZE);
        a.sub(DEPTH, SIZE);
        a.jge(fours);
        a.bind(ones);
        a.add(DEPTH, SIZE);
        a.jz(done);
        a.bind(next);
        for (int r = 0; r < rows; r++) one(a, row(r, 0), to(r, 0));
        advance(a, 1);
        a.dec(DEPTH);
        a.jnz(next);
        a.bind(done);
    }

    private void advance(X86Assembler a, int depth) {
        for (int i = 0; i < bases(); i++) a.add(ROW[i], depth * Float.BYTES);
        a.add(TO, depth * rows * Float.BYTES);
    }

    private static Mem row(int r, int k) {
        Gp base = ROW[r / ROWS_OF_BASE];
        int steps = r % ROWS_OF_BASE;
        int disp = k * Float.BYTES;
        return steps == 0 ? Mem.at(base, disp) : Mem.at(base, DISTANCE, steps, disp);
    }

    private Mem to(int r, int k) {
        return Mem.at(TO, (k * rows + r) * Float.BYTES);
    }

    private static void one(X86Assembler a, Mem from, Mem to) {
        a.vmovss(Vec.xmm(0), from);
        a.vmovss(to, Vec.xmm(0));
    }

    /// Four rows by four elements of depth.
    private void turn(X86Assembler a, int r) {
        for (int i = 0; i < SIZE; i++) a.vmovups(Vec.xmm(i), row(r + i, 0));
        for (int i = 0; i < SIZE; i += 2) {
            a.vunpcklps(Vec.xmm(4 + i), Vec.xmm(i), Vec.xmm(i + 1));
            a.vunpckhps(Vec.xmm(5 + i), Vec.xmm(i), Vec.xmm(i + 1));
        }
        for (int half = 0; half < 2; half++) {
            a.vunpcklpd(Vec.xmm(8), Vec.xmm(4 + half), Vec.xmm(6 + half));
            a.vunpckhpd(Vec.xmm(9), Vec.xmm(4 + half), Vec.xmm(6 + half));
            a.vmovups(to(r, 2 * half), Vec.xmm(8));
            a.vmovups(to(r, 2 * half + 1), Vec.xmm(9));
        }
    }
}

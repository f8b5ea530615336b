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

/// Writes `void gemm(a, panel, depth, c, tiles, aRow, aStep, cRow)`: rows of fp32 `a` times a panel
/// `[depth][32]`, of which it takes `vectors` registers side by side. Each element of `c` is one
/// chain of fused multiply-adds, ascending in depth, in a register; begun at 0, or at what `c`
/// holds. `tiles` times `rows` rows in one call.
///
/// Distances in bytes: between rows of `a`, between elements of a row of `a`, and between rows of
/// `c`; so `a` may be a matrix or its transpose.
///
/// @param bits of a register: 256, or 512 with thirty-two of them
/// @param rows 1 to 12
/// @param vectors registers of a row of `c`: 1 or 2
/// @param adds to what `c` holds
record GemmKernel(int bits, int rows, int vectors, boolean adds) implements Generator {
    private static final int PANEL_ROW = Gemm.WIDTH * Float.BYTES;

    /// Elements of depth per round of the loop.
    private static final int UNROLL = 4;

    private static final Gp A = Gp.RDI;
    private static final Gp PANEL = Gp.RSI;
    private static final Gp DEPTH = Gp.RDX;
    private static final Gp C = Gp.RCX;
    private static final Gp TILES = Gp.R8;
    private static final Gp A_ROW = Gp.R9;

    /// Of every third row.
    private static final Gp[] ROW = {Gp.RAX, Gp.R10, Gp.R11, Gp.RBX};

    private static final Gp A_STEP = Gp.R12;
    private static final Gp B = Gp.R13;
    private static final Gp LEFT = Gp.R14;
    private static final Gp C_ROW = Gp.R15;

    /// As many rows as the registers hold sums of.
    static int rows(int bits) {
        return bits == 512 ? 12 : 6;
    }

    String name() {
        return "gemm-" + bits + "-" + rows + "x" + vectors + (adds ? "-add" : "");
    }

    private Vec sum(int row, int vector) {
        return new Vec(row * vectors + vector, bits);
    }

    private Vec held(int i) {
        return new Vec(rows * vectors + i, bits);
    }

    private int bases() {
        return Math.ceilDiv(rows, 3);
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame =
                Frame.open(a, CallingConvention.here(), 0, Gp.RBX, Gp.R12, Gp.R13, Gp.R14, Gp.R15);
        a.mov(A_STEP, frame.argument(6));
        a.mov(C_ROW, frame.argument(7));
        Label tile = a.label();
        Label fours = a.label();
        Label ones = a.label();
        Label one = a.label();
        Label done = a.label();
        a.bind(tile);
        begin(a);
        a.mov(ROW[0], A);
        for (int i = 1; i < bases(); i++) {
            a.lea(ROW[i], Mem.at(ROW[i - 1], A_ROW, 2, 0));
            a.add(ROW[i], A_ROW);
        }
        a.mov(B, PANEL);
        a.mov(LEFT, DEPTH);
        a.sub(LEFT, UNROLL);
        a.jl(ones);
        a.align(32);
        a.bind(fours);
        for (int k = 0; k < UNROLL; k++) step(a, k * PANEL_ROW);
        a.add(B, UNROLL * PANEL_ROW);
        a.sub(LEFT, UNROLL);
        a.jge(fours);
        a.bind(ones);
        a.add(LEFT, UNROLL);
        a.jz(done);
        a.bind(one);
        step(a, 0);
        a.add(B, PANEL_ROW);
        a.dec(LEFT);
        a.jnz(one);
        a.bind(done);
        end(a);
        for (int r = 0; r < rows; r++) a.add(A, A_ROW);
        a.dec(TILES);
        a.jnz(tile);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    private void begin(X86Assembler a) {
        if (adds) a.mov(B, C);
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                Vec sum = sum(r, v);
                if (adds) a.vmovups(sum, Mem.at(B, v * bits / Byte.SIZE));
                else a.vpxor(sum, sum, sum);
            }
            if (adds) a.add(B, C_ROW);
        }
    }

    /// One element of depth.
    private void step(X86Assembler a, int disp) {
        for (int v = 0; v < vectors; v++)
            a.vmovups(held(v), Mem.at(B, disp + v * bits / Byte.SIZE));
        Vec one = held(vectors);
        for (int r = 0; r < rows; r++) {
            Gp base = ROW[r / 3];
            int steps = r % 3;
            a.vbroadcastss(one, steps == 0 ? Mem.at(base) : Mem.at(base, A_ROW, steps, 0));
            for (int v = 0; v < vectors; v++) a.vfmadd231ps(sum(r, v), one, held(v));
        }
        for (int i = 0; i < bases(); i++) a.add(ROW[i], A_STEP);
    }

    /// Leaves C at the next tile.
    private void end(X86Assembler a) {
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) a.vmovups(Mem.at(C, v * bits / Byte.SIZE), sum(r, v));
            a.add(C, C_ROW);
        }
    }
}

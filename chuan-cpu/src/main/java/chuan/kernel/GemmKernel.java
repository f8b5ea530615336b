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

/// Writes `void gemm(a, panel, depth, c, tiles, cRow)`: rows of fp32, as [GemmPackKernel] lays them
/// out, times a panel `[depth][32]`, of which it takes `vectors` registers side by side. Each
/// element of `c` is one chain of fused multiply-adds, ascending in depth, in a register; begun at
/// 0, or at what `c` holds. `tiles` times `rows` rows in one call, rows of `c` `cRow` bytes apart.
///
/// Lines of `c` that are only stored to are fetched before their sums are computed. Only these:
/// rows behind the last tile may be another thread's.
///
/// @param bits of a register: 256, or 512 with thirty-two of them
/// @param rows 1 to 12
/// @param vectors registers of a row of `c`: 1 or 2
/// @param adds to what `c` holds
record GemmKernel(int bits, int rows, int vectors, boolean adds) implements Generator {
    private static final int PANEL_ROW = Gemm.WIDTH * Float.BYTES;
    private static final int LINE = 64;

    /// Elements of depth per round of the loop.
    private static final int UNROLL = 4;

    private static final Gp A = Gp.RDI;
    private static final Gp PANEL = Gp.RSI;
    private static final Gp DEPTH = Gp.RDX;
    private static final Gp C = Gp.RCX;
    private static final Gp TILES = Gp.R8;
    private static final Gp C_ROW = Gp.R9;
    private static final Gp B = Gp.RAX;
    private static final Gp LEFT = Gp.R10;
    private static final Gp ROW = Gp.R11;

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

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        Label tile = a.label();
        Label fours = a.label();
        Label ones = a.label();
        Label one = a.label();
        Label done = a.label();
        a.bind(tile);
        begin(a);
        a.mov(B, PANEL);
        a.mov(LEFT, DEPTH);
        a.sub(LEFT, UNROLL);
        a.jl(ones);
        a.align(32);
        a.bind(fours);
        for (int k = 0; k < UNROLL; k++) step(a, k);
        a.add(A, UNROLL * rows * Float.BYTES);
        a.add(B, UNROLL * PANEL_ROW);
        a.sub(LEFT, UNROLL);
        a.jge(fours);
        a.bind(ones);
        a.add(LEFT, UNROLL);
        a.jz(done);
        a.bind(one);
        step(a, 0);
        a.add(A, rows * Float.BYTES);
        a.add(B, PANEL_ROW);
        a.dec(LEFT);
        a.jnz(one);
        a.bind(done);
        end(a);
        a.dec(TILES);
        a.jnz(tile);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    private void begin(X86Assembler a) {
        a.mov(ROW, C);
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) {
                Vec sum = sum(r, v);
                if (adds) a.vmovups(sum, Mem.at(ROW, v * bits / Byte.SIZE));
                else a.vpxor(sum, sum, sum);
            }
            if (!adds)
                for (int at = 0; at < vectors * bits / Byte.SIZE; at += LINE)
                    a.prefetchw(Mem.at(ROW, at));
            a.add(ROW, C_ROW);
        }
    }

    /// One element of depth.
    private void step(X86Assembler a, int k) {
        for (int v = 0; v < vectors; v++)
            a.vmovups(held(v), Mem.at(B, k * PANEL_ROW + v * bits / Byte.SIZE));
        Vec one = held(vectors);
        for (int r = 0; r < rows; r++) {
            a.vbroadcastss(one, Mem.at(A, (k * rows + r) * Float.BYTES));
            for (int v = 0; v < vectors; v++) a.vfmadd231ps(sum(r, v), one, held(v));
        }
    }

    /// Leaves C at the next tile.
    private void end(X86Assembler a) {
        for (int r = 0; r < rows; r++) {
            for (int v = 0; v < vectors; v++) a.vmovups(Mem.at(C, v * bits / Byte.SIZE), sum(r, v));
            a.add(C, C_ROW);
        }
    }
}

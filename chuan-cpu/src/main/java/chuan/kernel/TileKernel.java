package chuan.kernel;

import static chuan.kernel.Kernels.LANES;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Writes `void tile(a, b, depth, c, tiles, aStride, bStride, groupStride, cStride)`: the product
/// of an fp32 matrix `a`, `[rows, depth]`, and a few groups of sixteen columns of `b`, `[depth,
/// groups * 16]`. Each element of `c` is one chain of fused multiply-adds, ascending in depth, all
/// of it in a register; begun at 0, or at what `c` holds. `tiles` times `rows` rows in one call.
///
/// Addresses and distances in bytes: between rows of `a`, of `b` and of `c`, and between groups of
/// `b`, so that keys (`[group][dim][16]`) and values (`[position][dim]`) are both such a matrix.
/// Groups of `c` lie side by side.
///
/// @param loads the format of `b`
/// @param bits of a register: 256, or 512 with thirty-two of them
/// @param rows 1 to 6
/// @param groups 1 to 4
/// @param adds to what `c` holds
record TileKernel(EmittedLoads loads, int bits, int rows, int groups, boolean adds)
        implements Generator {
    private static final int BYTES_OF_GROUP = LANES * Float.BYTES;

    private static final Gp A = Gp.RDI;

    /// Three rows further.
    private static final Gp A_3 = Gp.R10;

    private static final Gp A_STRIDE = Gp.R9;
    private static final Gp B = Gp.RAX;

    /// Three groups further.
    private static final Gp B_3 = Gp.RBX;

    private static final Gp B_START = Gp.RSI;
    private static final Gp B_STRIDE = Gp.R11;
    private static final Gp GROUP_STRIDE = Gp.R12;
    private static final Gp DEPTH = Gp.RDX;
    private static final Gp LEFT = Gp.R13;
    private static final Gp C = Gp.RCX;
    private static final Gp C_STRIDE = Gp.R14;
    private static final Gp C_ROW = Gp.R15;
    private static final Gp TILES = Gp.R8;

    /// As many groups as the registers hold sums of, for so many rows.
    static int groups(int bits, int rows) {
        return bits == 512 || rows == 1 ? 4 : rows <= 3 ? 2 : 1;
    }

    String name() {
        return "tile-" + loads + "-" + bits + "-" + rows + "x" + groups + (adds ? "-add" : "");
    }

    /// Registers that hold sixteen floats.
    private int parts() {
        return BYTES_OF_GROUP * Byte.SIZE / bits;
    }

    /// Registers across all groups.
    private int across() {
        return groups * parts();
    }

    private Vec sum(int row, int column) {
        return new Vec(row * across() + column, bits);
    }

    /// Behind the sums: the operand of which there are fewer registers, then one of the other.
    private Vec held(int i) {
        return new Vec(rows * across() + i, bits);
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame =
                Frame.open(a, CallingConvention.here(), 0, Gp.RBX, Gp.R12, Gp.R13, Gp.R14, Gp.R15);
        a.mov(B_STRIDE, frame.argument(6));
        a.mov(GROUP_STRIDE, frame.argument(7));
        a.mov(C_STRIDE, frame.argument(8));
        Label tile = a.label();
        Label loop = a.label();
        a.bind(tile);
        begin(a);
        threeFurther(a, A_3, A, A_STRIDE);
        a.mov(B, B_START);
        threeFurther(a, B_3, B, GROUP_STRIDE);
        a.mov(LEFT, DEPTH);
        a.align(32);
        a.bind(loop);
        if (across() <= rows) stepByRows(a);
        else stepByColumns(a);
        a.add(A, Float.BYTES);
        a.add(A_3, Float.BYTES);
        a.add(B, B_STRIDE);
        a.add(B_3, B_STRIDE);
        a.dec(LEFT);
        a.jnz(loop);
        end(a);
        // from behind the first row to the first row of the next tile
        a.mov(B, DEPTH);
        a.shl(B, 2);
        a.sub(A, B);
        for (int r = 0; r < rows; r++) a.add(A, A_STRIDE);
        a.dec(TILES);
        a.jnz(tile);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    private static void threeFurther(X86Assembler a, Gp d, Gp base, Gp stride) {
        a.lea(d, Mem.at(base, stride, 2, 0));
        a.add(d, stride);
    }

    /// Of six addresses at equal distances, one.
    private static Mem at(Gp base, Gp base3, Gp stride, int index, int disp) {
        Gp from = index < 3 ? base : base3;
        int steps = index % 3;
        return steps == 0 ? Mem.at(from, disp) : Mem.at(from, stride, steps, disp);
    }

    private Mem element(int row) {
        return at(A, A_3, A_STRIDE, row, 0);
    }

    private Mem column(int column) {
        int disp = column % parts() * (bits / Float.SIZE) * loads.bytes;
        return at(B, B_3, GROUP_STRIDE, column / parts(), disp);
    }

    private void begin(X86Assembler a) {
        a.mov(C_ROW, C);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < across(); c++) {
                Vec sum = sum(r, c);
                if (adds) a.vmovups(sum, Mem.at(C_ROW, c * bits / Byte.SIZE));
                else a.vpxor(sum, sum, sum);
            }
            if (adds) a.add(C_ROW, C_STRIDE);
        }
    }

    /// Leaves C at the next tile.
    private void end(X86Assembler a) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < across(); c++)
                a.vmovups(Mem.at(C, c * bits / Byte.SIZE), sum(r, c));
            a.add(C, C_STRIDE);
        }
    }

    /// One element of depth; all of `b` in registers.
    private void stepByRows(X86Assembler a) {
        for (int c = 0; c < across(); c++) loads.load(a, held(c), column(c));
        Vec one = held(across());
        for (int r = 0; r < rows; r++) {
            a.vbroadcastss(one, element(r));
            for (int c = 0; c < across(); c++) a.vfmadd231ps(sum(r, c), one, held(c));
        }
    }

    /// The same with all of `a` in registers.
    private void stepByColumns(X86Assembler a) {
        for (int r = 0; r < rows; r++) a.vbroadcastss(held(r), element(r));
        Vec one = held(rows);
        for (int c = 0; c < across(); c++) {
            loads.load(a, one, column(c));
            for (int r = 0; r < rows; r++) a.vfmadd231ps(sum(r, c), held(r), one);
        }
    }
}

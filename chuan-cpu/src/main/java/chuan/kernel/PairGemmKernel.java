package chuan.kernel;

import static chuan.kernel.TileGemmKernel.A;
import static chuan.kernel.TileGemmKernel.A_AT;
import static chuan.kernel.TileGemmKernel.B;
import static chuan.kernel.TileGemmKernel.BLOCK_BYTES;
import static chuan.kernel.TileGemmKernel.B_AT;
import static chuan.kernel.TileGemmKernel.C;
import static chuan.kernel.TileGemmKernel.C_ROW;
import static chuan.kernel.TileGemmKernel.DEPTHS;
import static chuan.kernel.TileGemmKernel.ROW_BYTES;
import static chuan.kernel.TileGemmKernel.SIZE;
import static chuan.kernel.TileGemmKernel.TILE_BYTES;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;

/// Writes `void multiply(a, b, depths, c, rows, columns, cRow)` for AVX512-BF16: what
/// [TileGemmKernel] does, from operands that lie the same way, but each element of `c` is one chain
/// of `VDPBF16PS`, which multiplies a pair of depth at a time.
///
/// Eight rows by two registers of columns have their sums in registers. `rows` and `columns` count
/// tiles of 16.
///
/// @param adds to what `c` holds
record PairGemmKernel(boolean adds) implements Generator {
    /// Rows at a time.
    private static final int ROWS = 8;

    private static final int PAIR_BYTES = 4;

    /// Times [#ROWS] in a packed panel.
    private static final int GROUPS = BLOCK_BYTES / (ROWS * ROW_BYTES);

    private static final Gp TILES = Gp.R8;

    private static final Gp LEFT = Gp.R11;

    /// A row of `c`; between rows, a counter at hand.
    private static final Gp ROW = Gp.R12;

    /// Where the rows at hand begin in `a`, and in `c`.
    private static final Gp A_ROWS = Gp.R13;

    private static final Gp C_ROWS = Gp.R14;

    /// Times [#ROWS] that are left, in all and in the packed panel.
    private static final Gp ALL = Gp.R15;

    private static final Mem IN_PANEL = Mem.at(Gp.RSP);

    String name() {
        return "pair-gemm" + (adds ? "-add" : "");
    }

    private static Vec sum(int row, int column) {
        return Vec.zmm(2 * row + column);
    }

    private static Vec right(int column) {
        return Vec.zmm(2 * ROWS + column);
    }

    private static Vec left(int row) {
        return Vec.zmm(2 * ROWS + 2 + row);
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame =
                Frame.open(
                        a,
                        CallingConvention.here(),
                        Long.BYTES,
                        Gp.RBX,
                        Gp.R12,
                        Gp.R13,
                        Gp.R14,
                        Gp.R15);
        a.mov(C_ROW, frame.argument(6));
        TileGemmKernel.byPanels(a, columns -> panel(a, columns));
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    /// All rows, `columns` tiles wide. Leaves `B_AT` behind the panel.
    private void panel(X86Assembler a, int columns) {
        Label next = a.label();
        Label same = a.label();
        a.mov(A_ROWS, A);
        a.mov(C_ROWS, C);
        a.mov(ALL, TILES);
        a.shl(ALL, 1);
        a.mov(ROW, GROUPS);
        a.mov(IN_PANEL, ROW);
        a.bind(next);
        rows(a, columns);
        a.add(A_ROWS, ROWS * ROW_BYTES);
        a.mov(ROW, IN_PANEL);
        a.dec(ROW);
        a.mov(IN_PANEL, ROW);
        a.jnz(same);
        a.mov(ROW, GROUPS);
        a.mov(IN_PANEL, ROW);
        a.lea(A_ROWS, Mem.at(A_AT, -(GROUPS - 1) * ROWS * ROW_BYTES));
        a.bind(same);
        a.dec(ALL);
        a.jnz(next);
    }

    /// Leaves `A_AT` and `B_AT` behind their panels and `C_ROWS` at the next rows.
    private void rows(X86Assembler a, int columns) {
        Label next = a.label();
        a.mov(ROW, C_ROWS);
        for (int r = 0; r < ROWS; r++) {
            for (int c = 0; c < columns; c++) {
                var sum = sum(r, c);
                if (adds) a.vmovups(sum, Mem.at(ROW, c * ROW_BYTES));
                else a.vpxor(sum, sum, sum);
                if (!adds) a.prefetchw(Mem.at(ROW, c * ROW_BYTES));
            }
            a.add(ROW, C_ROW);
        }
        a.mov(A_AT, A_ROWS);
        a.mov(B_AT, B);
        a.mov(LEFT, DEPTHS);
        a.align(32);
        a.bind(next);
        for (int pair = 0; pair < SIZE; pair++) pair(a, pair, columns);
        a.add(A_AT, BLOCK_BYTES);
        a.add(B_AT, BLOCK_BYTES);
        a.dec(LEFT);
        a.jnz(next);
        for (int r = 0; r < ROWS; r++) {
            for (int c = 0; c < columns; c++) a.vmovups(Mem.at(C_ROWS, c * ROW_BYTES), sum(r, c));
            a.add(C_ROWS, C_ROW);
        }
    }

    /// Products of two elements of depth.
    private static void pair(X86Assembler a, int pair, int columns) {
        for (int c = 0; c < columns; c++)
            a.vmovups(right(c), Mem.at(B_AT, c * TILE_BYTES + pair * ROW_BYTES));
        for (int r = 0; r < ROWS; r++) {
            a.vbroadcastss(left(r), Mem.at(A_AT, r * ROW_BYTES + pair * PAIR_BYTES));
            for (int c = 0; c < columns; c++) a.vdpbf16ps(sum(r, c), left(r), right(c));
        }
    }
}

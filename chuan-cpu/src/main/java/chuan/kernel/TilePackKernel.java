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

/// Writes `void pack(from, fromRow, to, blocks, fromStep, toStep)`: blocks of 32 rows of 32 floats,
/// `fromRow` bytes apart, are rounded to bf16 and become two tiles of 1,024 bytes each. The next
/// block is `fromStep` bytes on, its tiles `toStep`.
///
/// [TileGemmKernel] and [PairGemmKernel] read them. A tile has 16 lines of 16 pairs, the two of a
/// pair neighbours in depth. For the left operand of a product a line is one of its rows, for the
/// right one a line is a pair, each element another column. Depth lies along the rows that are
/// read, or across them: four functions.
///
/// @param interleaves depth lies across: pairs are of two rows, and a tile is 16 columns of all
///   rows; else it is 16 of the rows
/// @param transposes a line becomes a column
record TilePackKernel(boolean interleaves, boolean transposes) implements Generator {
    private static final int SIZE = TileGemmKernel.SIZE;
    private static final int LINE_BYTES = TileGemmKernel.ROW_BYTES;

    private static final Gp FROM = Gp.RDI;
    private static final Gp FROM_ROW = Gp.RSI;
    private static final Gp TO = Gp.RDX;
    private static final Gp BLOCKS = Gp.RCX;
    private static final Gp FROM_STEP = Gp.R8;
    private static final Gp TO_STEP = Gp.R9;
    private static final Gp ROW = Gp.RAX;
    private static final Gp ORDER = Gp.R10;

    private static final Vec ORDERED = Vec.zmm(SIZE);

    String name() {
        return "tile-pack"
                + (interleaves ? "-interleaving" : "")
                + (transposes ? "-transposing" : "");
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        Label order = a.label();
        Label next = a.label();
        a.lea(ORDER, order);
        a.align(32);
        a.bind(next);
        a.mov(ROW, FROM);
        for (int tile = 0; tile < 2; tile++) {
            if (interleaves) pairsAcross(a, tile);
            else pairsAlong(a);
            if (transposes) transpose(a, tile);
            else for (int i = 0; i < SIZE; i++) a.vmovups(line(tile, i), Vec.zmm(i));
        }
        a.add(FROM, FROM_STEP);
        a.add(TO, TO_STEP);
        a.dec(BLOCKS);
        a.jnz(next);
        frame.close();
        a.bind(order);
        for (int pair = 0; pair < SIZE; pair++) a.ints((SIZE + pair) << 16 | pair);
        return new MachineCode(name(), a.bytes());
    }

    private static Mem line(int tile, int i) {
        return Mem.at(TO, tile * TileGemmKernel.TILE_BYTES + i * LINE_BYTES);
    }

    /// Sixteen rows.
    private static void pairsAlong(X86Assembler a) {
        for (int i = 0; i < SIZE; i++) {
            a.vmovups(Vec.zmm(i), Mem.at(ROW, LINE_BYTES));
            a.vcvtne2ps2bf16(Vec.zmm(i), Vec.zmm(i), Mem.at(ROW));
            a.add(ROW, FROM_ROW);
        }
    }

    /// Sixteen columns of all rows.
    private static void pairsAcross(X86Assembler a, int tile) {
        int disp = tile * LINE_BYTES;
        a.vmovups(ORDERED, Mem.at(ORDER));
        a.mov(ROW, FROM);
        for (int i = 0; i < SIZE; i++) {
            a.vmovups(Vec.zmm(i), Mem.at(ROW, FROM_ROW, 1, disp));
            a.vcvtne2ps2bf16(Vec.zmm(i), Vec.zmm(i), Mem.at(ROW, disp));
            a.vpermw(Vec.zmm(i), ORDERED, Vec.zmm(i));
            a.lea(ROW, Mem.at(ROW, FROM_ROW, 2, 0));
        }
    }

    /// Sixteen registers of sixteen pairs: first within each quarter of four of them, then the
    /// quarters.
    private static void transpose(X86Assembler a, int tile) {
        for (int i = 0; i < SIZE; i += 2) {
            a.vunpcklps(upper(i), Vec.zmm(i), Vec.zmm(i + 1));
            a.vunpckhps(upper(i + 1), Vec.zmm(i), Vec.zmm(i + 1));
        }
        for (int i = 0; i < SIZE; i += 4)
            for (int half = 0; half < 2; half++) {
                a.vunpcklpd(Vec.zmm(i + 2 * half), upper(i + half), upper(i + half + 2));
                a.vunpckhpd(Vec.zmm(i + 2 * half + 1), upper(i + half), upper(i + half + 2));
            }
        // register 4 g + q now has column 4 l + q of rows 4 g to 4 g + 3 in its quarter l
        for (int q = 0; q < 4; q++)
            for (int half = 0; half < 2; half++) {
                Vec even = upper(4 * q + 2 * half);
                Vec odd = upper(4 * q + 2 * half + 1);
                a.vshuff32x4(even, Vec.zmm(8 * half + q), Vec.zmm(8 * half + 4 + q), 0x88);
                a.vshuff32x4(odd, Vec.zmm(8 * half + q), Vec.zmm(8 * half + 4 + q), 0xdd);
            }
        for (int q = 0; q < 4; q++)
            for (int l = 0; l < 4; l++) {
                Vec column = Vec.zmm(4 * q + l);
                int parity = l & 1;
                a.vshuff32x4(
                        column,
                        upper(4 * q + parity),
                        upper(4 * q + 2 + parity),
                        l < 2 ? 0x88 : 0xdd);
                a.vmovups(line(tile, 4 * l + q), column);
            }
    }

    private static Vec upper(int i) {
        return Vec.zmm(SIZE + i);
    }
}

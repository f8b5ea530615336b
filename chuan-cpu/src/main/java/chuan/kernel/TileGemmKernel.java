package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Generator;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.MachineCode;
import chuan.asm.Mem;
import chuan.asm.Tmm;
import chuan.asm.X86Assembler;
import java.util.Arrays;
import java.util.function.IntConsumer;

/// Writes `void multiply(a, b, depths, c, rows, columns, cRow)` for AMX: `c` by tiles of 16 rows
/// and 16 columns, `rows` times `columns` of them, each the sum over `depths` tiles of depth.
///
/// Both operands lie as [TilePackKernel] makes them: panels of 32 lines, in each of them two tiles
/// for every 32 elements of depth. Two by two tiles of `c` are in registers at a time; a panel of
/// `b` stays in the first-level cache while all rows of `a` come by from the second. Lines of `c`
/// that are only written to are fetched while their sums are computed: a tile is stored faster than
/// lines come from memory. Only these: rows below the last tile may be another thread's.
///
/// @param adds to what `c` holds
record TileGemmKernel(boolean adds) implements Generator {
    /// Rows of a tile, and fp32 elements of a row.
    static final int SIZE = 16;

    static final int ROW_BYTES = 64;
    static final int TILE_BYTES = SIZE * ROW_BYTES;

    /// Two tiles: 32 lines by 32 elements of depth.
    static final int BLOCK_BYTES = 2 * TILE_BYTES;

    static final Gp A = Gp.RDI;
    static final Gp B = Gp.RSI;
    static final Gp DEPTHS = Gp.RDX;
    static final Gp C = Gp.RCX;
    private static final Gp ROWS = Gp.R8;
    static final Gp COLUMNS = Gp.R9;
    static final Gp C_ROW = Gp.R10;
    private static final Gp LINE = Gp.R11;

    static final Gp A_AT = Gp.RAX;
    static final Gp B_AT = Gp.RBX;
    private static final Gp C_AT = Gp.R12;
    private static final Gp ROWS_LEFT = Gp.R13;
    private static final Gp LEFT = Gp.R14;

    /// Rows of `c` that are fetched with each tile of depth.
    private static final int FETCHED = 4;

    /// Row of `c` to be fetched next. The argument that came in this register lies in [#ALL_ROWS].
    private static final Gp FETCH = ROWS;

    private static final Mem ALL_ROWS = Mem.at(Gp.RSP);

    /// The second row of tiles of `c`.
    private static final Gp C_SECOND = Gp.R15;

    String name() {
        return "tile-gemm" + (adds ? "-add" : "");
    }

    private static Tmm sum(int row, int column) {
        return new Tmm(2 * row + column);
    }

    private static Tmm left(int row) {
        return new Tmm(4 + row);
    }

    private static Tmm right(int column) {
        return new Tmm(6 + column);
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
        Label config = a.label();
        a.lea(LINE, config);
        a.ldtilecfg(Mem.at(LINE));
        a.mov(C_ROW, frame.argument(6));
        a.mov(LINE, ROW_BYTES);
        a.mov(ALL_ROWS, ROWS);
        byPanels(a, columns -> panel(a, columns));
        a.tilerelease();
        frame.close();
        a.bind(config);
        configuration(a);
        return new MachineCode(name(), a.bytes());
    }

    /// Goes through the columns: two tiles at a time, which are a panel of `b`, then the one that
    /// may be left.
    ///
    /// @param panel writes what computes all rows for so many tiles; leaves `B_AT` behind the panel
    static void byPanels(X86Assembler a, IntConsumer panel) {
        Label next = a.label();
        Label single = a.label();
        Label done = a.label();
        a.bind(next);
        a.sub(COLUMNS, 2);
        a.jl(single);
        panel.accept(2);
        a.mov(B, B_AT);
        a.add(C, 2 * ROW_BYTES);
        a.jmp(next);
        a.bind(single);
        a.add(COLUMNS, 2);
        a.jz(done);
        panel.accept(1);
        a.bind(done);
    }

    /// Eight tiles of 16 rows of 64 bytes (Intel SDM volume 1, section 18.3).
    private static void configuration(X86Assembler a) {
        var words = new int[16];
        words[0] = 1;
        Arrays.fill(words, 4, 8, ROW_BYTES << 16 | ROW_BYTES);
        Arrays.fill(words, 12, 14, SIZE * 0x0101_0101);
        a.ints(words);
    }

    /// All rows, `columns` tiles wide. Leaves `B_AT` behind the panel.
    private void panel(X86Assembler a, int columns) {
        Label next = a.label();
        Label single = a.label();
        Label done = a.label();
        a.mov(A_AT, A);
        a.mov(C_AT, C);
        a.mov(ROWS_LEFT, ALL_ROWS);
        a.bind(next);
        a.sub(ROWS_LEFT, 2);
        a.jl(single);
        tiles(a, 2, columns);
        a.mov(C_AT, C_SECOND);
        for (int i = 0; i < SIZE; i += 8) a.lea(C_AT, Mem.at(C_AT, C_ROW, 8, 0));
        a.jmp(next);
        a.bind(single);
        a.add(ROWS_LEFT, 2);
        a.jz(done);
        tiles(a, 1, columns);
        a.bind(done);
    }

    /// Leaves `A_AT` and `B_AT` behind their panels.
    private void tiles(X86Assembler a, int rows, int columns) {
        Label next = a.label();
        Label done = a.label();
        a.lea(C_SECOND, Mem.at(C_AT, C_ROW, 8, 0));
        a.lea(C_SECOND, Mem.at(C_SECOND, C_ROW, 8, 0));
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                if (adds) a.tileloadd(sum(r, c), place(r, c));
                else a.tilezero(sum(r, c));
        a.mov(B_AT, B);
        a.mov(LEFT, DEPTHS);
        a.mov(FETCH, C_AT);
        for (int row = adds ? rows * SIZE : 0; row < rows * SIZE; row += FETCHED) {
            depth(a, rows, columns);
            for (int i = 0; i < FETCHED; i++) {
                for (int c = 0; c < columns; c++) a.prefetchw(Mem.at(FETCH, c * ROW_BYTES));
                a.add(FETCH, C_ROW);
            }
            a.dec(LEFT);
            a.jz(done);
        }
        a.align(32);
        a.bind(next);
        depth(a, rows, columns);
        a.dec(LEFT);
        a.jnz(next);
        a.bind(done);
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) a.tilestored(place(r, c), sum(r, c));
    }

    /// Products of 32 elements of depth.
    private static void depth(X86Assembler a, int rows, int columns) {
        for (int c = 0; c < columns; c++)
            a.tileloadd(right(c), Mem.at(B_AT, LINE, 1, c * TILE_BYTES));
        for (int r = 0; r < rows; r++) {
            a.tileloadd(left(r), Mem.at(A_AT, LINE, 1, r * TILE_BYTES));
            for (int c = 0; c < columns; c++) a.tdpbf16ps(sum(r, c), left(r), right(c));
        }
        a.add(A_AT, BLOCK_BYTES);
        a.add(B_AT, BLOCK_BYTES);
    }

    private static Mem place(int row, int column) {
        return Mem.at(row == 0 ? C_AT : C_SECOND, C_ROW, 1, column * ROW_BYTES);
    }
}

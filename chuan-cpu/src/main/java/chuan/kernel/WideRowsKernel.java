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

/// Writes `void rows(weights, x, scratch, y, yStart, columns, yStride, groups, tiles, smaller)`:
/// `groups` times four rows of a plain weight, one behind the other, times many tokens, in
/// registers of 512 bits. Four rows are widened once, into `scratch`, and meet `tiles` tiles of
/// `tokens` tokens and then `smaller` of one token less; meanwhile the next four come into the
/// cache. Every row and token have their sixteen partial sums in a register from the first column
/// to the last, and the sums of four rows and four tokens are folded together.
///
/// Addresses and distances in bytes; `columns` a multiple of 16; `x` as [TiledRows] has it; results
/// of the next token begin `yStride` further. In `scratch`, from a multiple of 64 on, is room for
/// four rows of fp32. `groups` and `tiles` are 1 at least.
///
/// @param loads the weights' format
/// @param tokens 2 to 6; a tile of one token less follows the same rules
record WideRowsKernel(EmittedLoads loads, int tokens) implements Generator {
    /// Rows of a group.
    static final int ROWS = 4;

    /// Tokens whose sums are folded together.
    private static final int FOLDED = 4;

    private static final int LINE = 64;

    private static final Gp WEIGHTS = Gp.RDI;

    /// Three rows further.
    private static final Gp WEIGHTS_3 = Gp.R14;

    private static final Gp WEIGHT_STRIDE = Gp.RBX;
    private static final Gp X_START = Gp.RSI;
    private static final Gp SCRATCH = Gp.RDX;
    private static final Gp Y = Gp.RCX;
    private static final Gp STEPS = Gp.R9;
    private static final Gp Y_STRIDE = Gp.R8;
    private static final Gp WIDE = Gp.RAX;
    private static final Gp X = Gp.R10;
    private static final Gp LEFT = Gp.R11;
    private static final Gp RESULT = Gp.R12;
    private static final Gp TILES = Gp.R13;
    private static final Gp GROUPS = Gp.R15;

    /// What is to come into the cache; the pointer of the widening is free by then.
    private static final Gp AHEAD = WEIGHTS_3;

    private static final Vec ACTIVATION = Vec.zmm(28);
    private static final Vec OTHER = Vec.zmm(29);

    // Orders of quarters, and of elements within quarters: two of one register, two of another.
    private static final int FIRST_TWO = 0b01_00_01_00;
    private static final int LAST_TWO = 0b11_10_11_10;
    private static final int EVEN = 0b10_00_10_00;
    private static final int ODD = 0b11_01_11_01;

    String name() {
        return "wide-rows-" + loads + "-" + ROWS + "x" + tokens;
    }

    private static Vec sum(int row, int token, int ofTile) {
        return Vec.zmm(row * ofTile + token);
    }

    private static Vec weight(int row) {
        return Vec.zmm(24 + row);
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var frame =
                Frame.open(a, CallingConvention.here(), 0, Gp.RBX, Gp.R12, Gp.R13, Gp.R14, Gp.R15);
        a.add(SCRATCH, LINE - 1);
        a.and(SCRATCH, -LINE);
        a.add(Y, Gp.R8);
        a.mov(WEIGHT_STRIDE, STEPS);
        if (loads.bytes > 1) a.shl(WEIGHT_STRIDE, loads.bytes / 2);
        a.shr(STEPS, 4);
        a.mov(Y_STRIDE, frame.argument(6));
        a.mov(GROUPS, frame.argument(7));
        Label group = a.label();
        Label last = a.label();
        a.bind(group);
        widen(a);
        a.mov(X, X_START);
        a.mov(RESULT, Y);
        a.mov(TILES, frame.argument(8));
        tiles(a, tokens, true);
        a.mov(TILES, frame.argument(9));
        a.test(TILES, TILES);
        a.jz(last);
        tiles(a, tokens - 1, false);
        a.bind(last);
        a.add(Y, ROWS * Float.BYTES);
        a.dec(GROUPS);
        a.jnz(group);
        frame.close();
        return new MachineCode(name(), a.bytes());
    }

    /// Sixteen columns of each row, then the next sixteen. Leaves WEIGHTS at the next group.
    private void widen(X86Assembler a) {
        a.mov(WIDE, SCRATCH);
        a.mov(LEFT, STEPS);
        a.lea(WEIGHTS_3, Mem.at(WEIGHTS, WEIGHT_STRIDE, 2, 0));
        a.add(WEIGHTS_3, WEIGHT_STRIDE);
        Label loop = a.label();
        a.align(32);
        a.bind(loop);
        loads.load(a, weight(0), Mem.at(WEIGHTS));
        loads.load(a, weight(1), Mem.at(WEIGHTS, WEIGHT_STRIDE, 1, 0));
        loads.load(a, weight(2), Mem.at(WEIGHTS, WEIGHT_STRIDE, 2, 0));
        loads.load(a, weight(3), Mem.at(WEIGHTS_3));
        for (int r = 0; r < ROWS; r++) a.vmovups(Mem.at(WIDE, r * LINE), weight(r));
        a.add(WEIGHTS, LANES * loads.bytes);
        a.add(WEIGHTS_3, LANES * loads.bytes);
        a.add(WIDE, ROWS * LINE);
        a.dec(LEFT);
        a.jnz(loop);
        a.mov(WEIGHTS, WEIGHTS_3);
    }

    /// So many tiles as TILES says, one at least.
    ///
    /// @param fetches the next group
    private void tiles(X86Assembler a, int ofTile, boolean fetches) {
        Label tile = a.label();
        Label loop = a.label();
        a.bind(tile);
        a.mov(WIDE, SCRATCH);
        if (fetches) a.mov(AHEAD, WEIGHTS);
        a.mov(LEFT, STEPS);
        for (int i = 0; i < ROWS * ofTile; i++) a.vpxor(Vec.zmm(i), Vec.zmm(i), Vec.zmm(i));
        a.align(32);
        a.bind(loop);
        step(a, ofTile);
        if (fetches) fetch(a);
        a.add(WIDE, ROWS * LINE);
        a.add(X, ofTile * LINE);
        a.dec(LEFT);
        a.jnz(loop);
        for (int t = 0; t < ofTile; t += FOLDED) fold(a, t, ofTile);
        a.dec(TILES);
        a.jnz(tile);
    }

    /// Sixteen columns.
    private static void step(X86Assembler a, int ofTile) {
        for (int r = 0; r < ROWS; r++) a.vmovups(weight(r), Mem.at(WIDE, r * LINE));
        for (int t = 0; t < ofTile; t++) {
            a.vmovups(ACTIVATION, Mem.at(X, t * LINE));
            for (int r = 0; r < ROWS; r++) a.vfmadd231ps(sum(r, t, ofTile), weight(r), ACTIVATION);
        }
    }

    /// As much of the next group as a step takes of this one.
    private void fetch(X86Assembler a) {
        int bytes = ROWS * LANES * loads.bytes;
        for (int at = 0; at < bytes; at += LINE) a.prefetcht0(Mem.at(AHEAD, at));
        a.add(AHEAD, bytes);
    }

    /// Folds the sums of up to four tokens in halves: sixteen registers become one, whose quarters
    /// are the totals of a token each. Stores them and leaves RESULT behind them.
    private static void fold(X86Assembler a, int first, int ofTile) {
        int n = Math.min(FOLDED, ofTile - first);
        for (int r = 0; r < ROWS; r++) {
            Vec one = sum(r, first, ofTile);
            Vec two = n > 1 ? sum(r, first + 1, ofTile) : one;
            add(a, one, one, two, FIRST_TWO, LAST_TWO);
            Vec next = one;
            if (n > 2) {
                next = sum(r, first + 2, ofTile);
                Vec four = n > 3 ? sum(r, first + 3, ofTile) : next;
                add(a, next, next, four, FIRST_TWO, LAST_TWO);
            }
            add(a, one, one, next, EVEN, ODD);
        }
        Vec total = sum(0, first, ofTile);
        Vec other = sum(2, first, ofTile);
        addWithin(a, total, sum(1, first, ofTile), FIRST_TWO, LAST_TWO);
        addWithin(a, other, sum(3, first, ofTile), FIRST_TWO, LAST_TWO);
        addWithin(a, total, other, EVEN, ODD);
        for (int t = 0; t < n; t++) {
            if (t == 0) a.vmovups(Mem.at(RESULT), total.as(128));
            else a.vextractf32x4(Mem.at(RESULT), total, t);
            a.add(RESULT, Y_STRIDE);
        }
    }

    /// Quarters of two registers in one order, plus those in another.
    private static void add(X86Assembler a, Vec d, Vec one, Vec two, int order, int other) {
        a.vshuff32x4(OTHER, one, two, other);
        a.vshuff32x4(d, one, two, order);
        a.vaddps(d, d, OTHER);
    }

    /// The same with elements, in each quarter; to the first of the two.
    private static void addWithin(X86Assembler a, Vec one, Vec two, int order, int other) {
        a.vshufps(OTHER, one, two, other);
        a.vshufps(one, one, two, order);
        a.vaddps(one, one, OTHER);
    }
}

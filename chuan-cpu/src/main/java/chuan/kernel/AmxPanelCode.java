package chuan.kernel;

import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.Mem;
import chuan.asm.Tmm;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;

/// AMX-int8: the lines of a block of bytes are a tile of weights as they lie, 32 columns by 16
/// rows, and the codes of up to sixteen tokens another; one instruction multiplies them, 8,192
/// multiply-adds. The whole-number sums pass through the stack; totals of up to 28 tokens, two
/// tiles, stay in registers.
///
/// Codes of four bits become signed bytes first, once per panel. Both operands are signed: no start
/// values. Tiles of few tokens are left to [Avx512PanelCode].
final class AmxPanelCode extends PanelCode {
    private static final int MOST = 28;
    private static final int TILE_ROWS = 16;
    private static final PanelForm FORM = PanelForm.INT8;
    private static final int SUM_BYTES = Panels.ROWS * Integer.BYTES;

    /// A product and its way to the stack take their time: two steps later they are wanted.
    private static final int LAG = 2;

    private static final int MOMENTS = 3;
    private static final Vec SCALES = Vec.zmm(31);

    private final Avx512PanelCode few = new Avx512PanelCode();

    private static Vec total(int token) {
        return Vec.zmm(token);
    }

    @Override
    int mostTokens() {
        return MOST;
    }

    @Override
    int tokensWorthUnpacking() {
        return few.mostTokens() + 1;
    }

    private boolean isFew(int tokens) {
        return tokens <= few.mostTokens();
    }

    @Override
    PanelForm unpacked(Panels stored) {
        return PanelForm.INT8;
    }

    @Override
    StartValue start(Panels layout) {
        return few.start(layout);
    }

    @Override
    int localBytes(int tokens) {
        return isFew(tokens) ? few.localBytes(tokens) : LAG * rows(tokens, 0) * SUM_BYTES;
    }

    @Override
    void constants(X86Assembler a, PanelForm form, int tokens) {
        if (isFew(tokens)) {
            few.constants(a, form, tokens);
            return;
        }
        configure(a, tokens);
        a.mov(FREE, Panels.BLOCK);
    }

    /// Tiles of a token's sums: 64 bytes a row; of codes: 32; of weights: eight rows of 64 (Intel
    /// SDM volume 1, section 18.3). Passes through the stack.
    private static void configure(X86Assembler a, int tokens) {
        var config = new byte[64];
        config[0] = 1;
        for (int block = 0; block < 2; block++) {
            shape(config, weights(block), Panels.BLOCK / Integer.BYTES, Panels.LINE);
            for (int part = 0; part < parts(tokens); part++) {
                shape(config, sums(block, part), rows(tokens, part), SUM_BYTES);
                shape(config, codes(part), rows(tokens, part), Panels.BLOCK);
            }
        }
        for (int i = 0; i < config.length; i += 8) {
            long word = 0;
            for (int j = 7; j >= 0; j--) word = word << 8 | (config[i + j] & 0xff);
            a.mov(FREE, word);
            a.mov(Mem.at(Gp.RSP, i), FREE);
        }
        a.ldtilecfg(Mem.at(Gp.RSP));
    }

    private static void shape(byte[] config, Tmm tile, int rows, int rowBytes) {
        config[16 + 2 * tile.number()] = (byte) rowBytes;
        config[48 + tile.number()] = (byte) rows;
    }

    private static Tmm sums(int block, int part) {
        return new Tmm(2 * block + part);
    }

    private static Tmm codes(int part) {
        return new Tmm(4 + part);
    }

    private static Tmm weights(int block) {
        return new Tmm(6 + block);
    }

    /// Tiles that the tokens are in.
    private static int parts(int tokens) {
        return Math.ceilDiv(tokens, TILE_ROWS);
    }

    /// Tokens of such a tile.
    private static int rows(int tokens, int part) {
        return part == 0 ? Math.ceilDiv(tokens, parts(tokens)) : tokens - rows(tokens, 0);
    }

    @Override
    void load(X86Assembler a, Mem from, int token) {
        a.vmovups(total(token), from);
    }

    @Override
    void store(X86Assembler a, Mem to, int token) {
        a.vmovups(to, total(token));
    }

    @Override
    void superblock(X86Assembler a, PanelForm form, int tokens) {
        if (!isFew(tokens)) throw new IllegalArgumentException(tokens + " tokens go by panels");
        few.superblock(a, form, tokens);
    }

    /// A step is a block times a tile of tokens: two steps a superblock, or four. While its tiles
    /// are multiplied, the sums of the step two before are scaled.
    @Override
    void panel(X86Assembler a, PanelForm form, int tokens) {
        if (isFew(tokens)) {
            super.panel(a, form, tokens);
            return;
        }
        int steps = 2 * parts(tokens);
        Label next = a.label();
        Label last = a.label();
        for (int step = 0; step < LAG; step++) {
            multiply(a, tokens, step, false);
            toStack(a, tokens, step);
        }
        a.align(32);
        a.bind(next);
        askForSuperblock(a, form);
        for (int step = LAG; step < steps; step++) {
            multiply(a, tokens, step, false);
            addScaled(a, tokens, step - LAG);
            toStack(a, tokens, step);
        }
        a.cmp(LEFT, 1);
        a.jz(last);
        for (int step = 0; step < LAG; step++) {
            multiply(a, tokens, step, true);
            addScaled(a, tokens, steps - LAG + step);
            toStack(a, tokens, step);
        }
        advance(a, form, tokens);
        a.jmp(next);
        a.bind(last);
        for (int step = steps - LAG; step < steps; step++) addScaled(a, tokens, step);
    }

    private static int block(int tokens, int step) {
        return step / parts(tokens);
    }

    private static int part(int tokens, int step) {
        return step % parts(tokens);
    }

    /// @param ahead in the superblock behind the one at hand
    private static void multiply(X86Assembler a, int tokens, int step, boolean ahead) {
        int block = block(tokens, step);
        int part = part(tokens, step);
        int weightsAhead = ahead ? FORM.superblockBytes() : 0;
        int activationsAhead = ahead ? 2 * PackedRows.blockBytes(tokens, FORM.codeBytes()) : 0;
        Tmm sums = sums(block, part);
        Mem first = codes(FORM, tokens, block, part * rows(tokens, 0), 0);
        a.tileloadd(codes(part), strided(first.plus(activationsAhead), 1));
        if (part == 0)
            a.tileloadd(weights(block), strided(line(FORM, block, 0).plus(weightsAhead), 2));
        a.tilezero(sums);
        a.tdpbssd(sums, codes(part), weights(block));
    }

    private static void toStack(X86Assembler a, int tokens, int step) {
        Tmm sums = sums(block(tokens, step), part(tokens, step));
        a.tilestored(strided(sum(tokens, step, 0), 2), sums);
    }

    /// Adds the sums of a step, scaled, to the totals.
    private static void addScaled(X86Assembler a, int tokens, int step) {
        int block = block(tokens, step);
        int part = part(tokens, step);
        int first = part * rows(tokens, 0);
        a.vcvtph2ps(SCALES, scales(block));
        for (int i = 0; i < rows(tokens, part); i++) {
            Vec moment = Vec.zmm(MOST + i % MOMENTS);
            a.vcvtdq2ps(moment, sum(tokens, step, i));
            a.vmulps(moment, moment, scale(FORM, tokens, block, first + i).broadcast());
            a.vfmadd231ps(total(first + i), moment, SCALES);
        }
    }

    /// The sums of one token of a step: the place of those two steps before.
    private static Mem sum(int tokens, int step, int row) {
        return Mem.at(Gp.RSP, (step % LAG * rows(tokens, 0) + row) * SUM_BYTES);
    }

    /// Rows of a tile, `times` 32 bytes apart.
    private static Mem strided(Mem first, int times) {
        return Mem.at(first.base(), FREE, times, first.disp());
    }

    @Override
    void finish(X86Assembler a, int tokens) {
        if (!isFew(tokens)) a.tilerelease();
    }
}

package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.Frame;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.Mem;
import chuan.asm.Tmm;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;

/// AMX-int8: the lines of a block are a tile of weights as they lie, 32 columns by 16 rows, and the
/// codes of up to sixteen tokens another; one instruction multiplies them, 8,192 multiply-adds. The
/// whole-number sums pass through the stack, totals stay in registers.
///
/// Codes of four bits become signed bytes first, for many tokens once per panel. Both operands are
/// signed: no start values.
final class AmxPanelCode extends PanelCode {
    private static final int MOST = 16;

    /// So few tokens leave most of a tile empty.
    static final int FEW = 4;

    private static final Vec SUM = Vec.zmm(16);
    private static final Vec[] SCALES = {Vec.zmm(26), Vec.zmm(27)};
    private static final Vec LOW = Vec.zmm(28);
    private static final Vec HIGH = Vec.zmm(29);
    private static final Vec EIGHT = Vec.zmm(30);
    private static final Vec MASK = Vec.zmm(31);

    // On the stack: sums [token][16] of two blocks, codes of two blocks as bytes. The configuration
    // is read once, before sums.
    private static final int SUMS = 0;
    private static final int BYTES = 2 * MOST * 64;
    private static final int BLOCK_BYTES = 8 * Panels.LINE;

    private final Avx512PanelCode few = new Avx512PanelCode();

    private static Vec total(int token) {
        return Vec.zmm(token);
    }

    @Override
    int mostTokens() {
        return MOST;
    }

    /// More than a tile.
    @Override
    int tokensWorthUnpacking() {
        return MOST + 1;
    }

    @Override
    void writeUnpacking(X86Assembler a, CallingConvention convention) {
        var frame = Frame.open(a, convention, 0, FREE);
        broadcast(a, 0x0f0f_0f0f, MASK);
        broadcast(a, 0x0808_0808, EIGHT);
        Label next = a.label();
        a.bind(next);
        a.vmovdqu(LOW, Mem.at(Gp.RDI));
        a.vmovdqu(Mem.at(Gp.RDX), LOW);
        for (int block = 0; block < 2; block++)
            unpack(
                    a,
                    Mem.at(Gp.RDI, Panels.SCALE_BYTES + block * 4 * Panels.LINE),
                    Mem.at(Gp.RDX, Panels.SCALE_BYTES + block * BLOCK_BYTES));
        a.add(Gp.RDI, Panels.PANEL4.superblockBytes());
        a.add(Gp.RDX, Panels.PANEL8.superblockBytes());
        a.dec(Gp.RSI);
        a.jnz(next);
        frame.close();
    }

    @Override
    int start(Panels layout, int sum) {
        return few.start(layout, sum);
    }

    @Override
    int localBytes(int tokens) {
        return tokens <= FEW ? few.localBytes(tokens) : BYTES + 2 * BLOCK_BYTES;
    }

    @Override
    void constants(X86Assembler a, Panels layout, int tokens) {
        if (tokens <= FEW) {
            few.constants(a, layout, tokens);
            return;
        }
        configure(a, tokens);
        broadcast(a, 0x0f0f_0f0f, MASK);
        broadcast(a, 0x0808_0808, EIGHT);
        a.mov(FREE, 32);
    }

    private static void broadcast(X86Assembler a, int value, Vec to) {
        a.mov(FREE, value);
        a.vmovd(Vec.xmm(0), FREE);
        a.vpbroadcastd(to, Vec.xmm(0));
    }

    /// Sums: a row of 64 bytes per token; activations: one of 32; weights: eight of 64 (Intel SDM
    /// volume 1, section 18.3).
    private static void configure(X86Assembler a, int tokens) {
        var config = new byte[64];
        config[0] = 1;
        for (int tile = 0; tile < 6; tile++) {
            config[16 + 2 * tile] = (byte) (tile == 2 || tile == 3 ? 32 : 64);
            config[48 + tile] = (byte) (tile < 4 ? tokens : 8);
        }
        for (int i = 0; i < config.length; i += 8) {
            long word = 0;
            for (int j = 7; j >= 0; j--) word = word << 8 | (config[i + j] & 0xff);
            a.mov(FREE, word);
            a.mov(Mem.at(Gp.RSP, i), FREE);
        }
        a.ldtilecfg(Mem.at(Gp.RSP, 0));
    }

    @Override
    void zero(X86Assembler a, int tokens) {
        for (int t = 0; t < tokens; t++) a.vpxor(total(t), total(t), total(t));
    }

    @Override
    void superblock(X86Assembler a, Panels layout, int tokens) {
        if (tokens > FEW) throw new IllegalArgumentException(tokens + " tokens go by panels");
        few.superblock(a, layout, tokens);
    }

    /// A tile takes its time from loading to storing: while the sums of one block are scaled, those
    /// of the next are on their way.
    @Override
    void panel(X86Assembler a, Panels layout, int tokens) {
        if (tokens <= FEW) {
            super.panel(a, layout, tokens);
            return;
        }
        int weights = layout.superblockBytes();
        int activations = 2 * PackedRows.blockBytes(tokens);
        Label next = a.label();
        Label last = a.label();
        multiply(a, layout, tokens, 0, 0, 0);
        multiply(a, layout, tokens, 1, 0, 0);
        a.cmp(LEFT, 1);
        a.jz(last);
        a.bind(next);
        prefetch(a, layout);
        addScaled(a, tokens, 0);
        multiply(a, layout, tokens, 0, weights, activations);
        addScaled(a, tokens, 1);
        multiply(a, layout, tokens, 1, weights, activations);
        advance(a, layout, tokens);
        a.cmp(LEFT, 1);
        a.jnz(next);
        a.bind(last);
        addScaled(a, tokens, 0);
        addScaled(a, tokens, 1);
    }

    /// Sums of a block of the superblock so many bytes ahead, to the stack.
    private static void multiply(
            X86Assembler a, Panels layout, int tokens, int block, int weightsAhead, int ahead) {
        var sums = new Tmm(block);
        var activations = new Tmm(2 + block);
        var weights = new Tmm(4 + block);
        a.tilezero(sums);
        a.tileloadd(activations, strided(codes(tokens, block, 0, 0).plus(ahead), 1));
        Mem lines = line(layout, block, 0).plus(weightsAhead);
        if (layout == Panels.PANEL4) {
            Mem bytes = Mem.at(Gp.RSP, BYTES + block * BLOCK_BYTES);
            unpack(a, lines, bytes);
            lines = bytes;
        }
        a.tileloadd(weights, strided(lines, 2));
        a.tdpbssd(sums, activations, weights);
        a.tilestored(strided(sum(block, 0), 2), sums);
    }

    /// Adds the sums of a block, scaled, to the totals.
    private static void addScaled(X86Assembler a, int tokens, int block) {
        a.vcvtph2ps(SCALES[block], scales(block));
        for (int t = 0; t < tokens; t++) {
            Vec sum = Vec.zmm(SUM.number() + (t & 7));
            a.vcvtdq2ps(sum, sum(block, t));
            a.vmulps(sum, sum, scale(tokens, block, t).broadcast());
            a.vfmadd231ps(total(t), sum, SCALES[block]);
        }
    }

    private static Mem sum(int block, int token) {
        return Mem.at(Gp.RSP, SUMS + (block * MOST + token) * 64);
    }

    /// Rows of a tile, `times` 32 bytes apart.
    private static Mem strided(Mem first, int times) {
        return Mem.at(first.base(), FREE, times, first.disp());
    }

    /// The lines of a block of four-bit codes as those of eight bits.
    private static void unpack(X86Assembler a, Mem lines, Mem to) {
        for (int z = 0; z < 4; z++) {
            a.vmovdqu(HIGH, lines.plus(z * Panels.LINE));
            a.vpand(LOW, HIGH, MASK);
            a.vpsrld(HIGH, HIGH, 4);
            a.vpand(HIGH, HIGH, MASK);
            a.vpsubb(LOW, LOW, EIGHT);
            a.vpsubb(HIGH, HIGH, EIGHT);
            a.vmovdqu(to.plus(z * Panels.LINE), LOW);
            a.vmovdqu(to.plus((z + 4) * Panels.LINE), HIGH);
        }
    }

    @Override
    void store(X86Assembler a, Mem to, int token) {
        a.vmovups(to, total(token));
    }

    @Override
    void finish(X86Assembler a, int tokens) {
        if (tokens > FEW) a.tilerelease();
    }
}

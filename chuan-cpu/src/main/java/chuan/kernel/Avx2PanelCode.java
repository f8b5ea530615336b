package chuan.kernel;

import chuan.asm.Gp;
import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;

/// AVX2: a line of weights is two registers of eight rows. Up to six tokens: their whole-number
/// sums fill twelve of the sixteen registers, so totals live on the stack.
///
/// - Codes of four bits, AVX2: `vpmaddubsw` multiplies bytes and adds pairs; sixteen bits hold what
///   a block can sum to (32,512 at most), so pairs are summed there and widened once. Many tokens
///   meet them unpacked to bytes.
/// - Codes of eight bits, AVX2: no room for that; `|w|` times `x sign(w)` is widened at once: three
///   instructions in five for the two multipliers. Many tokens meet them, and are themselves, in
///   words, two instructions in five: `vpmaddwd` multiplies pairs and adds them in 32 bits.
/// - AVX-VNNI: `vpdpbusd`, as [Avx512PanelCode] uses it.
final class Avx2PanelCode extends PanelCode {
    private static final int MOST = 6;
    private static final Vec A = Vec.ymm(12);
    private static final Vec B = Vec.ymm(13);
    private static final Vec C = Vec.ymm(14);
    private static final Vec D = Vec.ymm(15);

    // On the stack: nibbles of ones or highest bits, words of 1, totals [token][16].
    private static final Mem MASK = Mem.at(Gp.RSP, 0);
    private static final Mem ONES = Mem.at(Gp.RSP, 32);
    private static final int TOTALS = 64;

    private final boolean vnni;

    Avx2PanelCode(boolean vnni) {
        this.vnni = vnni;
    }

    private static Vec sum(int token, int half) {
        return Vec.ymm(2 * token + half);
    }

    private static Mem total(int token, int half) {
        return Mem.at(Gp.RSP, TOTALS + 64 * token + 32 * half);
    }

    @Override
    int mostTokens() {
        return MOST;
    }

    @Override
    int tokensWorthUnpacking() {
        return 4 * MOST;
    }

    @Override
    PanelForm unpacked(Panels stored) {
        return vnni || stored == Panels.PANEL4 ? PanelForm.UNSIGNED : PanelForm.WORDS;
    }

    @Override
    StartValue start(Panels layout) {
        return switch (layout) {
            case PANEL4 -> vnni ? StartValue.MINUS_8 : StartValue.MINUS_8_IN_PAIRS;
            case PANEL8 -> vnni ? StartValue.MINUS_128 : StartValue.ZERO;
        };
    }

    @Override
    int localBytes(int tokens) {
        return TOTALS + 64 * tokens;
    }

    @Override
    void constants(X86Assembler a, PanelForm form, int tokens) {
        constant(a, form == PanelForm.INT4 ? 0x0f0f_0f0f : 0x8080_8080, MASK);
        constant(a, 0x0001_0001, ONES);
    }

    private static void constant(X86Assembler a, int value, Mem place) {
        a.mov(FREE, value);
        a.vmovd(Vec.xmm(0), FREE);
        a.vpbroadcastd(A, Vec.xmm(0));
        a.vmovdqu(place, A);
    }

    @Override
    void load(X86Assembler a, Mem from, int token) {
        for (int half = 0; half < 2; half++) {
            a.vmovups(A, from.plus(32 * half));
            a.vmovups(total(token, half), A);
        }
    }

    @Override
    void superblock(X86Assembler a, PanelForm form, int tokens) {
        for (int block = 0; block < 2; block++) {
            if (block == 0) ask(a, scales(0));
            boolean inPairs = !vnni && (form == PanelForm.INT4 || form == PanelForm.UNSIGNED);
            if (form != PanelForm.WORDS)
                for (int t = 0; t < tokens; t++) {
                    a.vpbroadcastd(sum(t, 0), start(form, tokens, block, t));
                    a.vmovdqa(sum(t, 1), sum(t, 0));
                }
            for (int z = 0; z < form.lines(); z++) {
                Mem line = line(form, block, z);
                ask(a, line);
                switch (form) {
                    case INT4 -> {
                        nibbles(a, line, false);
                        multiply(a, form, tokens, block, z);
                        nibbles(a, line, true);
                        multiply(a, form, tokens, block, z + form.lines());
                    }
                    case INT8 -> {
                        if (vnni) {
                            a.vmovdqu(A, MASK);
                            a.vpxor(B, A, line.plus(32));
                            a.vpxor(A, A, line);
                            multiply(a, form, tokens, block, z);
                        } else {
                            multiplySigned(a, line, tokens, block, z);
                        }
                    }
                    case UNSIGNED -> {
                        a.vmovdqu(A, line);
                        a.vmovdqu(B, line.plus(32));
                        multiply(a, form, tokens, block, z);
                    }
                    case WORDS -> {
                        a.vmovdqu(A, line);
                        a.vmovdqu(B, line.plus(32));
                        multiplyWords(a, tokens, block, z);
                    }
                }
            }
            if (inPairs)
                for (int t = 0; t < tokens; t++)
                    for (int half = 0; half < 2; half++)
                        a.vpmaddwd(sum(t, half), sum(t, half), ONES);
            addScaled(a, form, tokens, block);
        }
    }

    /// The low or high codes of a line, rows 0..7 in `A`, 8..15 in `B`.
    private static void nibbles(X86Assembler a, Mem line, boolean high) {
        a.vmovdqu(A, line);
        a.vmovdqu(B, line.plus(32));
        if (high) {
            a.vpsrld(A, A, 4);
            a.vpsrld(B, B, 4);
        }
        a.vpand(A, A, MASK);
        a.vpand(B, B, MASK);
    }

    /// Adds unsigned `A` and `B` times a quad of codes of each token.
    private void multiply(X86Assembler a, PanelForm form, int tokens, int block, int quad) {
        for (int t = 0; t < tokens; t++) {
            a.vpbroadcastd(C, codes(form, tokens, block, t, quad));
            if (vnni) {
                a.vpdpbusdVex(sum(t, 0), A, C);
                a.vpdpbusdVex(sum(t, 1), B, C);
            } else {
                a.vpmaddubsw(D, A, C);
                a.vpaddw(sum(t, 0), sum(t, 0), D);
                a.vpmaddubsw(D, B, C);
                a.vpaddw(sum(t, 1), sum(t, 1), D);
            }
        }
    }

    private static void multiplySigned(X86Assembler a, Mem line, int tokens, int block, int quad) {
        for (int half = 0; half < 2; half++) {
            a.vmovdqu(A, line.plus(32 * half));
            a.vpabsb(B, A);
            for (int t = 0; t < tokens; t++) {
                a.vpbroadcastd(C, codes(PanelForm.INT8, tokens, block, t, quad));
                a.vpsignb(C, C, A);
                a.vpmaddubsw(C, B, C);
                a.vpmaddwd(C, C, ONES);
                a.vpaddd(sum(t, half), sum(t, half), C);
            }
        }
    }

    /// Adds words `A` and `B` times a pair of codes of each token; the first pair begins the sum.
    private static void multiplyWords(X86Assembler a, int tokens, int block, int pair) {
        for (int t = 0; t < tokens; t++) {
            a.vpbroadcastd(C, codes(PanelForm.WORDS, tokens, block, t, pair));
            if (pair == 0) {
                a.vpmaddwd(sum(t, 0), A, C);
                a.vpmaddwd(sum(t, 1), B, C);
            } else {
                a.vpmaddwd(D, A, C);
                a.vpaddd(sum(t, 0), sum(t, 0), D);
                a.vpmaddwd(C, B, C);
                a.vpaddd(sum(t, 1), sum(t, 1), C);
            }
        }
    }

    private static void addScaled(X86Assembler a, PanelForm form, int tokens, int block) {
        a.vcvtph2ps(A, scales(block));
        a.vcvtph2ps(B, scales(block).plus(16));
        for (int t = 0; t < tokens; t++) {
            a.vbroadcastss(C, scale(form, tokens, block, t));
            for (int half = 0; half < 2; half++) {
                a.vcvtdq2ps(sum(t, half), sum(t, half));
                a.vmulps(sum(t, half), sum(t, half), C);
                a.vfmadd213ps(sum(t, half), half == 0 ? A : B, total(t, half));
                a.vmovups(total(t, half), sum(t, half));
            }
        }
    }

    @Override
    void store(X86Assembler a, Mem to, int token) {
        for (int half = 0; half < 2; half++) {
            a.vmovups(A, total(token, half));
            a.vmovups(to.plus(32 * half), A);
        }
    }
}

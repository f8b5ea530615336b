package chuan.kernel;

import chuan.asm.Mem;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import chuan.quant.Panels;

/// AVX512-VNNI: a line of weights is one register, four bytes for each of its sixteen rows;
/// `vpdpbusd` multiplies it with four codes of a token, repeated from memory, and adds: 64
/// multiply-adds in an instruction. Whole-number sums and totals of up to twelve tokens stay in
/// registers.
///
/// The instruction wants unsigned weights: codes of four bits are stored so, and start at -8 times
/// the sum of the activations; codes of eight bits become so by flipping the highest bit, and start
/// at -128 times that sum.
final class Avx512PanelCode extends PanelCode {
    private static final int MOST = 12;
    private static final Vec LOW = Vec.zmm(24);
    private static final Vec HIGH = Vec.zmm(25);
    private static final Vec SCALES = Vec.zmm(28);

    /// Nibbles of ones, or highest bits.
    private static final Vec MASK = Vec.zmm(31);

    private static Vec total(int token) {
        return Vec.zmm(token);
    }

    private static Vec sum(int token) {
        return Vec.zmm(MOST + token);
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
        return PanelForm.UNSIGNED;
    }

    @Override
    StartValue start(Panels layout) {
        return switch (layout) {
            case PANEL4 -> StartValue.MINUS_8;
            case PANEL8 -> StartValue.MINUS_128;
        };
    }

    @Override
    int localBytes(int tokens) {
        return 0;
    }

    @Override
    void constants(X86Assembler a, PanelForm form, int tokens) {
        a.mov(FREE, form == PanelForm.INT4 ? 0x0f0f_0f0f : 0x8080_8080);
        a.vmovd(Vec.xmm(0), FREE);
        a.vpbroadcastd(MASK, Vec.xmm(0));
    }

    @Override
    void load(X86Assembler a, Mem from, int token) {
        a.vmovups(total(token), from);
    }

    @Override
    void superblock(X86Assembler a, PanelForm form, int tokens) {
        for (int block = 0; block < 2; block++) {
            if (block == 0) ask(a, scales(0));
            for (int t = 0; t < tokens; t++) a.vpbroadcastd(sum(t), start(form, tokens, block, t));
            for (int z = 0; z < form.lines(); z++) {
                Mem line = line(form, block, z);
                ask(a, line);
                switch (form) {
                    case INT4 -> {
                        a.vmovdqu(HIGH, line);
                        a.vpand(LOW, HIGH, MASK);
                        a.vpsrld(HIGH, HIGH, 4);
                        a.vpand(HIGH, HIGH, MASK);
                        multiply(a, LOW, form, tokens, block, z);
                        multiply(a, HIGH, form, tokens, block, z + form.lines());
                    }
                    case INT8 -> {
                        a.vpxor(LOW, MASK, line);
                        multiply(a, LOW, form, tokens, block, z);
                    }
                    case UNSIGNED -> {
                        a.vmovdqu(LOW, line);
                        multiply(a, LOW, form, tokens, block, z);
                    }
                    case WORDS -> throw new IllegalArgumentException("bytes are multiplied");
                }
            }
            a.vcvtph2ps(SCALES, scales(block));
            for (int t = 0; t < tokens; t++) {
                a.vcvtdq2ps(sum(t), sum(t));
                a.vmulps(sum(t), sum(t), scale(form, tokens, block, t).broadcast());
                a.vfmadd231ps(total(t), sum(t), SCALES);
            }
        }
    }

    private static void multiply(
            X86Assembler a, Vec weights, PanelForm form, int tokens, int block, int quad) {
        for (int t = 0; t < tokens; t++)
            a.vpdpbusd(sum(t), weights, codes(form, tokens, block, t, quad).broadcast());
    }

    @Override
    void store(X86Assembler a, Mem to, int token) {
        a.vmovups(to, total(token));
    }
}

package chuan.asm;

/// Writes x86-64 machine code: a method per instruction, named by its mnemonic, operands in the
/// order of Intel's manuals, destination first. A vector instruction takes the VEX form where it
/// can, else the EVEX form: 512 bits, registers from 16 on, a repeated element. Masks are not used.
///
/// Where the two forms have two names (`vpand` and `vpandd`, `vmovdqu` and `vmovdqu32`), the method
/// has the older one and writes either.
public final class X86Assembler extends GeneralInstructions {
    public void vmovups(Vec d, VecOrMem s) {
        two(0x0F_10, Shape.WHOLE, d, s);
    }

    public void vmovups(Mem d, Vec s) {
        two(0x0F_11, Shape.WHOLE, s, d);
    }

    public void vmovaps(Vec d, VecOrMem s) {
        two(0x0F_28, Shape.WHOLE, d, s);
    }

    public void vmovaps(Mem d, Vec s) {
        two(0x0F_29, Shape.WHOLE, s, d);
    }

    public void vmovdqu(Vec d, VecOrMem s) {
        two(0xF3_0F_6F, Shape.WHOLE, d, s);
    }

    public void vmovdqu(Mem d, Vec s) {
        two(0xF3_0F_7F, Shape.WHOLE, s, d);
    }

    public void vmovdqa(Vec d, VecOrMem s) {
        two(0x66_0F_6F, Shape.WHOLE, d, s);
    }

    public void vmovdqa(Mem d, Vec s) {
        two(0x66_0F_7F, Shape.WHOLE, s, d);
    }

    /// Four bytes to the start of an xmm register, zeros behind them.
    public void vmovss(Vec d, Mem s) {
        two(0xF3_0F_10, Shape.SCALAR, d, s);
    }

    public void vmovss(Mem d, Vec s) {
        two(0xF3_0F_11, Shape.SCALAR, s, d);
    }

    /// The lower 64 bits.
    public void vmovlps(Mem d, Vec s) {
        two(0x0F_13, Shape.DOUBLE, s, d);
    }

    /// The lower 32 bits.
    public void vmovd(Vec d, Gp s) {
        general32ToVector(d, s);
    }

    public void vpand(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_DB, Shape.FULL, d, a, b);
    }

    public void vpandn(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_DF, Shape.FULL, d, a, b);
    }

    public void vpor(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_EB, Shape.FULL, d, a, b);
    }

    public void vpxor(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_EF, Shape.FULL, d, a, b);
    }

    public void vpsrlw(Vec d, Vec s, int count) {
        vector(0x66_0F_71, Shape.WHOLE, d.bits(), 2, d.number(), s, count);
    }

    public void vpsllw(Vec d, Vec s, int count) {
        vector(0x66_0F_71, Shape.WHOLE, d.bits(), 6, d.number(), s, count);
    }

    public void vpsrld(Vec d, Vec s, int count) {
        vector(0x66_0F_72, Shape.FULL, d.bits(), 2, d.number(), s, count);
    }

    public void vpslld(Vec d, Vec s, int count) {
        vector(0x66_0F_72, Shape.FULL, d.bits(), 6, d.number(), s, count);
    }

    public void vpsrad(Vec d, Vec s, int count) {
        vector(0x66_0F_72, Shape.FULL, d.bits(), 4, d.number(), s, count);
    }

    public void vpaddb(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_FC, Shape.WHOLE, d, a, b);
    }

    public void vpaddw(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_FD, Shape.WHOLE, d, a, b);
    }

    public void vpaddd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_FE, Shape.FULL, d, a, b);
    }

    public void vpsubb(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_F8, Shape.WHOLE, d, a, b);
    }

    public void vpsubw(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_F9, Shape.WHOLE, d, a, b);
    }

    public void vpsubd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_FA, Shape.FULL, d, a, b);
    }

    public void vpmaddubsw(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_04, Shape.WHOLE, d, a, b);
    }

    public void vpmaddwd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_F5, Shape.WHOLE, d, a, b);
    }

    public void vpmullw(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_D5, Shape.WHOLE, d, a, b);
    }

    public void vpmulld(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_40, Shape.FULL, d, a, b);
    }

    public void vpmaxsd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_3D, Shape.FULL, d, a, b);
    }

    /// All ones where `a > b`, signed. No EVEX form: there, the answer is a mask.
    public void vpcmpgtd(Vec d, Vec a, VecOrMem b) {
        vex(0x66_0F_66, d.bits(), d.number(), a.number(), b, NONE);
    }

    public void vpackssdw(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_6B, Shape.FULL, d, a, b);
    }

    public void vpacksswb(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_63, Shape.WHOLE, d, a, b);
    }

    /// Elements of `b` in the order that `order` has.
    public void vpermd(Vec d, Vec order, VecOrMem b) {
        three(0x66_0F38_36, Shape.FULL, d, order, b);
    }

    /// The same with elements of 16 bits; AVX512.
    public void vpermw(Vec d, Vec order, VecOrMem b) {
        evex(0x66_0F38_8D, Shape.WHOLE64, d.bits(), d.number(), order.number(), b, NONE);
    }

    /// No EVEX form.
    public void vpsignb(Vec d, Vec a, VecOrMem b) {
        vex(0x66_0F38_08, d.bits(), d.number(), a.number(), b, NONE);
    }

    public void vpabsb(Vec d, VecOrMem s) {
        two(0x66_0F38_1C, Shape.WHOLE, d, s);
    }

    /// The EVEX form: AVX512-VNNI, with AVX512VL below 512 bits.
    public void vpdpbusd(Vec d, Vec a, VecOrMem b) {
        evex(0x66_0F38_50, Shape.FULL, d.bits(), d.number(), a.number(), b, NONE);
    }

    /// The VEX form of `vpdpbusd`: AVX-VNNI.
    public void vpdpbusdVex(Vec d, Vec a, VecOrMem b) {
        vex(0x66_0F38_50, d.bits(), d.number(), a.number(), b, NONE);
    }

    public void vpbroadcastb(Vec d, VecOrMem s) {
        two(0x66_0F38_78, Shape.BYTE, d, s);
    }

    public void vpbroadcastw(Vec d, VecOrMem s) {
        two(0x66_0F38_79, Shape.PAIR, d, s);
    }

    public void vpbroadcastd(Vec d, VecOrMem s) {
        two(0x66_0F38_58, Shape.SCALAR, d, s);
    }

    public void vbroadcastss(Vec d, VecOrMem s) {
        two(0x66_0F38_18, Shape.SCALAR, d, s);
    }

    public void vpmovsxbw(Vec d, VecOrMem s) {
        two(0x66_0F38_20, Shape.HALF, d, s);
    }

    public void vpmovsxbd(Vec d, VecOrMem s) {
        two(0x66_0F38_21, Shape.QUARTER, d, s);
    }

    public void vpmovsxwd(Vec d, VecOrMem s) {
        two(0x66_0F38_23, Shape.HALF, d, s);
    }

    public void vpmovzxbw(Vec d, VecOrMem s) {
        two(0x66_0F38_30, Shape.HALF, d, s);
    }

    public void vpmovzxbd(Vec d, VecOrMem s) {
        two(0x66_0F38_31, Shape.QUARTER, d, s);
    }

    public void vpmovzxwd(Vec d, VecOrMem s) {
        two(0x66_0F38_33, Shape.HALF, d, s);
    }

    public void vcvtdq2ps(Vec d, VecOrMem s) {
        two(0x0F_5B, Shape.FULL, d, s);
    }

    public void vcvtps2dq(Vec d, VecOrMem s) {
        two(0x66_0F_5B, Shape.FULL, d, s);
    }

    public void vcvtph2ps(Vec d, VecOrMem s) {
        two(0x66_0F38_13, Shape.HALF, d, s);
    }

    /// Rounds to bf16, nearest and even, subnormal numbers to zero: those of `b` to the lower half,
    /// those of `a` to the upper; AVX512-BF16.
    public void vcvtne2ps2bf16(Vec d, Vec a, VecOrMem b) {
        evex(0xF2_0F38_72, Shape.FULL, d.bits(), d.number(), a.number(), b, NONE);
    }

    /// To each fp32 of `d`: the product of the upper halves of `a` and `b`, then that of the lower,
    /// each rounded once when added; subnormal numbers are zero; AVX512-BF16.
    public void vdpbf16ps(Vec d, Vec a, VecOrMem b) {
        evex(0xF3_0F38_52, Shape.FULL, d.bits(), d.number(), a.number(), b, NONE);
    }

    public void vaddps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_58, Shape.FULL, d, a, b);
    }

    public void vmulps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_59, Shape.FULL, d, a, b);
    }

    public void vsubps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_5C, Shape.FULL, d, a, b);
    }

    public void vminps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_5D, Shape.FULL, d, a, b);
    }

    public void vdivps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_5E, Shape.FULL, d, a, b);
    }

    public void vmaxps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_5F, Shape.FULL, d, a, b);
    }

    public void vandps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_54, Shape.FULL, d, a, b);
    }

    public void vxorps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_57, Shape.FULL, d, a, b);
    }

    public void vunpcklps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_14, Shape.FULL, d, a, b);
    }

    public void vunpckhps(Vec d, Vec a, VecOrMem b) {
        three(0x0F_15, Shape.FULL, d, a, b);
    }

    public void vunpcklpd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_14, Shape.FULL64, d, a, b);
    }

    public void vunpckhpd(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F_15, Shape.FULL64, d, a, b);
    }

    public void vshufps(Vec d, Vec a, VecOrMem b, int order) {
        vector(0x0F_C6, Shape.FULL, d.bits(), d.number(), a.number(), b, order);
    }

    /// Two quarters of `a`, then two of `b`; AVX512.
    public void vshuff32x4(Vec d, Vec a, VecOrMem b, int order) {
        evex(0x66_0F3A_23, Shape.FULL, d.bits(), d.number(), a.number(), b, order);
    }

    /// `d = d * b + a`, rounded once.
    public void vfmadd132ps(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_98, Shape.FULL, d, a, b);
    }

    /// `d = a * d + b`, rounded once.
    public void vfmadd213ps(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_A8, Shape.FULL, d, a, b);
    }

    /// `d = a * b + d`, rounded once.
    public void vfmadd231ps(Vec d, Vec a, VecOrMem b) {
        three(0x66_0F38_B8, Shape.FULL, d, a, b);
    }

    /// 128 bits of 256. No EVEX form.
    public void vextractf128(VecOrMem d, Vec s, int half) {
        vex(0x66_0F3A_19, 256, s.number(), 0, d, half);
    }

    /// 128 bits of a register; AVX512.
    public void vextractf32x4(VecOrMem d, Vec s, int quarter) {
        evex(0x66_0F3A_19, Shape.QUARTER_OF_512, s.bits(), s.number(), 0, d, quarter);
    }

    /// 256 bits of 512.
    public void vextractf64x4(VecOrMem d, Vec s, int half) {
        evex(0x66_0F3A_1B, Shape.HALF_OF_512, 512, s.number(), 0, d, half);
    }

    /// 128 bits of 256 replaced. No EVEX form.
    public void vinsertf128(Vec d, Vec a, VecOrMem b, int half) {
        vex(0x66_0F3A_18, 256, d.number(), a.number(), b, half);
    }

    public void vzeroupper() {
        put(0xC5);
        put(0xF8);
        put(0x77);
    }

    public void ldtilecfg(Mem m) {
        vexMemory(0x0F38_49, 0, 0, 0, m);
    }

    public void tilerelease() {
        vexRegisters(0x0F38_49, 0, 0, 0, 0);
    }

    public void tilezero(Tmm d) {
        vexRegisters(0xF2_0F38_49, 0, d.number(), 0, 0);
    }

    /// Rows from `base + disp` on, each `index * scale` bytes behind the one before.
    public void tileloadd(Tmm d, Mem s) {
        vexMemory(0xF2_0F38_4B, 0, d.number(), 0, strided(s));
    }

    /// The other way round.
    public void tilestored(Mem d, Tmm s) {
        vexMemory(0xF3_0F38_4B, 0, s.number(), 0, strided(d));
    }

    /// Signed times signed.
    public void tdpbssd(Tmm d, Tmm a, Tmm b) {
        tiles(0xF2_0F38_5E, d, a, b);
    }

    /// Signed times unsigned.
    public void tdpbsud(Tmm d, Tmm a, Tmm b) {
        tiles(0xF3_0F38_5E, d, a, b);
    }

    /// Unsigned times signed.
    public void tdpbusd(Tmm d, Tmm a, Tmm b) {
        tiles(0x66_0F38_5E, d, a, b);
    }

    /// Unsigned times unsigned.
    public void tdpbuud(Tmm d, Tmm a, Tmm b) {
        tiles(0x0F38_5E, d, a, b);
    }

    /// Pairs of bf16: for each place an even and an odd sum of products in fp32, added to what is
    /// there. Subnormal numbers are zero.
    public void tdpbf16ps(Tmm d, Tmm a, Tmm b) {
        tiles(0xF3_0F38_5C, d, a, b);
    }

    private void two(int opcode, Shape shape, Vec reg, VecOrMem rm) {
        vector(opcode, shape, reg.bits(), reg.number(), 0, rm, NONE);
    }

    private void three(int opcode, Shape shape, Vec d, Vec a, VecOrMem b) {
        vector(opcode, shape, d.bits(), d.number(), a.number(), b, NONE);
    }

    private void general32ToVector(Vec d, Gp s) {
        vector(0x66_0F_6E, Shape.SCALAR, 128, d.number(), 0, new Vec(s.number(), 128), NONE);
    }

    private void tiles(int opcode, Tmm d, Tmm a, Tmm b) {
        if (d.equals(a) || d.equals(b) || a.equals(b))
            throw new IllegalArgumentException("the processor wants three different tiles");
        vexRegisters(opcode, 0, d.number(), b.number(), a.number());
    }

    private static Mem strided(Mem m) {
        if (m.index() == null) throw new IllegalArgumentException("rows of a tile need a stride");
        return m;
    }
}

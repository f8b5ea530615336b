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
import java.util.Collections;
import java.util.Locale;

/// Loops over elements, sixteen at a time: the operations of [ScalarKernels] in their order. AVX2,
/// which is as fast as the first-level cache. So that nobody waits for the compiler in the first
/// step of a process: until it has come by, every vector of the JDK's Vector API is an object.
///
/// Two signatures, those of the calls that [EmittedCalls] has anyway. For arrays: `void f(a, b,
/// bStart, c, cStart, groups, number)`; for a page of scores: `void f(page, sums, number, unused,
/// second, groups, third)`. Starts in bytes; numbers are the bits of fp32.
enum ElementKernel implements Generator {
    /// `a = ` sixteen partial sums of the squares of `b`.
    SQUARES {
        @Override
        void before(Writer w) {
            for (int i = 0; i < PARTS; i++) w.a.vpxor(w.sum(i), w.sum(i), w.sum(i));
        }

        @Override
        void part(Writer w, int i) {
            w.a.vmovups(X, w.second(i));
            w.a.vfmadd231ps(w.sum(i), X, X);
        }

        @Override
        void after(Writer w) {
            for (int i = 0; i < PARTS; i++) w.a.vmovups(w.first(i), w.sum(i));
        }
    },

    /// `c = b * number * a`.
    SCALE {
        @Override
        void before(Writer w) {
            w.a.vbroadcastss(NUMBER, w.frame.argument(6));
        }

        @Override
        void part(Writer w, int i) {
            w.a.vmulps(X, NUMBER, w.second(i));
            w.a.vmulps(X, X, w.first(i));
            w.a.vmovups(w.third(i), X);
        }

        @Override
        void advance(Writer w) {
            w.a.add(FIRST, BYTES);
        }
    },

    /// `c += b`.
    ADD {
        @Override
        void part(Writer w, int i) {
            w.a.vmovups(X, w.third(i));
            w.a.vaddps(X, X, w.second(i));
            w.a.vmovups(w.third(i), X);
        }
    },

    /// `c = silu(c) * b`.
    SILU {
        @Override
        void part(Writer w, int i) {
            Vec gate = w.sum(i);
            w.a.vmovups(gate, w.third(i));
            w.a.vpxor(X, gate, Constant.SIGN.place());
            // of two operands, one of them NaN, these return the last
            w.a.vmovups(P, Constant.LOW.place());
            w.a.vmaxps(X, P, X);
            w.a.vmovups(P, Constant.HIGH.place());
            w.a.vminps(X, P, X);
            w.exp();
            w.a.vaddps(P, P, Constant.ONE.place());
            w.a.vdivps(gate, gate, P);
            w.a.vmulps(gate, gate, w.second(i));
            w.a.vmovups(w.third(i), gate);
        }
    },

    /// `page = page * number + second * place`, places ascending from `third` on; `sums` become the
    /// largest of what they were and what stands there now.
    SCORES {
        @Override
        void before(Writer w) {
            w.broadcast(NUMBER, Gp.RDX);
            w.broadcast(SECOND_NUMBER, Gp.R8);
            w.a.vbroadcastss(PLACE, w.frame.argument(6));
            w.a.vaddps(PLACE, PLACE, Constant.PLACES.place());
            for (int i = 0; i < PARTS; i++) w.a.vmovups(w.sum(i), w.sums(i));
        }

        @Override
        void part(Writer w, int i) {
            w.a.vmulps(X, PLACE, SECOND_NUMBER);
            w.a.vmovups(R, w.first(i));
            w.a.vfmadd231ps(X, R, NUMBER);
            w.a.vmovups(w.first(i), X);
            w.a.vmaxps(w.sum(i), X, w.sum(i));
            w.a.vaddps(PLACE, PLACE, Constant.EIGHT.place());
        }

        @Override
        void advance(Writer w) {
            w.a.add(FIRST, BYTES);
        }

        @Override
        void after(Writer w) {
            for (int i = 0; i < PARTS; i++) w.a.vmovups(w.sums(i), w.sum(i));
        }
    },

    /// `page = exp(page - number)`, and 0 where that is below [Kernels#LOWEST]; `sums` become the
    /// sixteen partial sums.
    WEIGHTS {
        @Override
        void before(Writer w) {
            w.broadcast(NUMBER, Gp.RDX);
            for (int i = 0; i < PARTS; i++) w.a.vpxor(w.sum(i), w.sum(i), w.sum(i));
        }

        /// Absolute values as whole numbers have the order of the floats, NaN behind infinity.
        @Override
        void part(Writer w, int i) {
            w.a.vmovups(X, w.first(i));
            w.a.vsubps(X, X, NUMBER);
            w.exp();
            w.a.vpand(X, X, Constant.ABSOLUTE.place());
            w.a.vpcmpgtd(R, X, Constant.INFINITY.place());
            w.a.vpcmpgtd(X, X, Constant.LOWEST.place());
            w.a.vpandn(X, R, X);
            w.a.vpandn(P, X, P);
            w.a.vmovups(w.first(i), P);
            w.a.vaddps(w.sum(i), w.sum(i), P);
        }

        @Override
        void advance(Writer w) {
            w.a.add(FIRST, BYTES);
        }

        @Override
        void after(Writer w) {
            for (int i = 0; i < PARTS; i++) w.a.vmovups(w.sums(i), w.sum(i));
        }
    },

    /// `page *= number`.
    MULTIPLY {
        @Override
        void before(Writer w) {
            w.broadcast(NUMBER, Gp.RDX);
        }

        @Override
        void part(Writer w, int i) {
            w.a.vmulps(X, NUMBER, w.first(i));
            w.a.vmovups(w.first(i), X);
        }

        @Override
        void advance(Writer w) {
            w.a.add(FIRST, BYTES);
        }
    };

    private static final int BITS = 256;
    private static final int PARTS = LANES * Float.SIZE / BITS;
    private static final int PART_BYTES = BITS / Byte.SIZE;
    private static final int BYTES = LANES * Float.BYTES;

    private static final Gp FIRST = Gp.RDI;
    private static final Gp SECOND = Gp.RSI;
    private static final Gp THIRD = Gp.RCX;
    private static final Gp GROUPS = Gp.R9;
    private static final Gp CONSTANTS = Gp.RAX;

    // Registers: 0, 1 sums, then these.
    private static final Vec X = Vec.ymm(2);
    private static final Vec P = Vec.ymm(3);
    private static final Vec R = Vec.ymm(4);
    private static final Vec N = Vec.ymm(5);
    private static final Vec ROUNDED = Vec.ymm(6);
    private static final Vec NUMBER = Vec.ymm(7);
    private static final Vec SECOND_NUMBER = Vec.ymm(8);
    private static final Vec PLACE = Vec.ymm(9);

    /// What comes once, ahead of the loop.
    void before(Writer w) {}

    /// Half of sixteen elements.
    abstract void part(Writer w, int i);

    /// What else moves on to the next sixteen.
    void advance(Writer w) {}

    void after(Writer w) {}

    /// Whether it works on a page of scores.
    boolean isOfPages() {
        return ordinal() >= SCORES.ordinal();
    }

    @Override
    public MachineCode code() {
        var a = new X86Assembler();
        var w = new Writer(a, Frame.open(a, CallingConvention.here(), 0));
        Label data = a.label();
        Label loop = a.label();
        a.lea(CONSTANTS, data);
        if (!isOfPages()) {
            a.add(SECOND, Gp.RDX);
            a.add(THIRD, Gp.R8);
        }
        before(w);
        a.align(32);
        a.bind(loop);
        for (int i = 0; i < PARTS; i++) part(w, i);
        advance(w);
        if (!isOfPages()) {
            a.add(SECOND, BYTES);
            a.add(THIRD, BYTES);
        }
        a.dec(GROUPS);
        a.jnz(loop);
        after(w);
        w.frame.close();
        a.align(PART_BYTES);
        a.bind(data);
        for (var constant : Constant.values()) a.ints(constant.values);
        return new MachineCode("element-" + name().toLowerCase(Locale.ROOT), a.bytes());
    }

    private enum Constant {
        LOW(Exponential.LOW),
        HIGH(Exponential.HIGH),
        LOG2_E(Exponential.LOG2_E),
        ROUND(Exponential.ROUND),
        MINUS_LN2_HIGH(-Exponential.LN2_HIGH),
        MINUS_LN2_LOW(-Exponential.LN2_LOW),
        C7(Exponential.C7),
        C6(Exponential.C6),
        C5(Exponential.C5),
        C4(Exponential.C4),
        C3(Exponential.C3),
        C2(Exponential.C2),
        ONE(1),
        SIGN(-0f),
        ABSOLUTE(Float.intBitsToFloat(0x7fff_ffff)),
        INFINITY(Float.POSITIVE_INFINITY),
        LOWEST(-Kernels.LOWEST),
        EIGHT(BITS / Float.SIZE),
        PLACES(0, 1, 2, 3, 4, 5, 6, 7);

        private final int[] values;

        Constant(float everywhere) {
            values = Collections.nCopies(8, everywhere).stream().mapToInt(Constant::bits).toArray();
        }

        Constant(float... each) {
            values = new int[each.length];
            for (int i = 0; i < each.length; i++) values[i] = bits(each[i]);
        }

        private static int bits(float value) {
            return Float.floatToRawIntBits(value);
        }

        Mem place() {
            return Mem.at(CONSTANTS, ordinal() * PART_BYTES);
        }
    }

    private record Writer(X86Assembler a, Frame frame) {
        Vec sum(int part) {
            return Vec.ymm(part);
        }

        Mem first(int part) {
            return Mem.at(FIRST, part * PART_BYTES);
        }

        Mem second(int part) {
            return Mem.at(SECOND, part * PART_BYTES);
        }

        Mem third(int part) {
            return Mem.at(THIRD, part * PART_BYTES);
        }

        /// Of a page's functions.
        Mem sums(int part) {
            return second(part);
        }

        void broadcast(Vec d, Gp number) {
            a.vmovd(d.as(128), number);
            a.vbroadcastss(d, d.as(128));
        }

        /// `P = exp(X)` for arguments in the range of [Exponential]. Keeps X.
        void exp() {
            a.vmovups(ROUNDED, Constant.LOG2_E.place());
            a.vfmadd213ps(ROUNDED, X, Constant.ROUND.place());
            a.vsubps(N, ROUNDED, Constant.ROUND.place());
            a.vmovaps(R, N);
            a.vfmadd132ps(R, X, Constant.MINUS_LN2_HIGH.place());
            a.vfmadd231ps(R, N, Constant.MINUS_LN2_LOW.place());
            a.vmovups(P, Constant.C7.place());
            a.vfmadd213ps(P, R, Constant.C6.place());
            a.vfmadd213ps(P, R, Constant.C5.place());
            a.vfmadd213ps(P, R, Constant.C4.place());
            a.vfmadd213ps(P, R, Constant.C3.place());
            a.vfmadd213ps(P, R, Constant.C2.place());
            a.vmulps(N, R, R);
            a.vfmadd213ps(P, N, R);
            a.vaddps(P, P, Constant.ONE.place());
            a.vpslld(ROUNDED, ROUNDED, Exponential.EXPONENT_SHIFT);
            a.vpaddd(ROUNDED, ROUNDED, Constant.ONE.place());
            a.vmulps(P, P, ROUNDED);
        }
    }
}

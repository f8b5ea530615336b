package chuan.kernel;

import chuan.asm.CallingConvention;
import chuan.asm.CodeMemory;
import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.asm.Frame;
import chuan.asm.Gp;
import chuan.asm.Label;
import chuan.asm.Mem;
import chuan.asm.Tmm;
import chuan.asm.Vec;
import chuan.asm.X86Assembler;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.Predicate;

/// A loop that does one thing as fast as a core can, so that a kernel can be measured against what
/// the machine allows: read memory in a row, or multiply and add in registers alone. Written as
/// machine code: what a compiler makes of such loops differs by version, and a limit must not.
public enum LimitLoop {
    /// Reads and adds, 256 bits at a time. Count: times 512 bytes.
    READ_256("streaming read, 256 bits", 0, CpuFeatures::avx2),
    /// The same with 512 bits.
    READ_512("streaming read, 512 bits", 0, CpuFeatures::avx512),
    /// `vfmadd231ps` on 256 bits.
    FLOAT_256("fp32, AVX2", 8, CpuFeatures::avx2),
    /// The same on 512 bits.
    FLOAT_512("fp32, AVX-512", 16, CpuFeatures::avx512),
    /// `vpmaddubsw` + `vpaddw`, sums of 16 bits: enough for four-bit weights.
    SHORT_256("8 bits, sums of 16, AVX2", 32, CpuFeatures::avx2),
    /// `vpmaddubsw` + `vpmaddwd` + `vpaddd`: what eight-bit weights need.
    INT_256("8 bits, sums of 32, AVX2", 32, CpuFeatures::avx2),
    /// `vpdpbusd` of AVX-VNNI.
    VNNI_256("8 bits, AVX-VNNI", 32, CpuFeatures::avxVnni),
    /// `vpdpbusd` of AVX512-VNNI.
    VNNI_512("8 bits, AVX512-VNNI", 64, CpuFeatures::avx512Vnni),
    /// `tdpbusd` on whole tiles.
    TILES("8 bits, AMX", 16 * 16 * 64, CpuFeatures::amxInt8);

    /// Bytes that one round of a reading loop takes.
    private static final int READ_BYTES = 512;

    /// How far ahead of the loads lines are asked for.
    private static final int AHEAD = 4096;

    /// Sums that are added to in turn: more than a core has instructions in flight for one.
    private static final int SUMS = 10;

    private static final MethodHandle CALL =
            Linker.nativeLinker()
                    .downcallHandle(
                            FunctionDescriptor.ofVoid(
                                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private final String label;
    private final int workPerInstruction;
    private final Predicate<CpuFeatures> needs;

    LimitLoop(String label, int workPerInstruction, Predicate<CpuFeatures> needs) {
        this.label = label;
        this.workPerInstruction = workPerInstruction;
        this.needs = needs;
    }

    /// For people.
    public String label() {
        return label;
    }

    /// Whether this machine has the instructions.
    public boolean runsOn(CpuFeatures features) {
        return needs.test(features);
    }

    /// Bytes, or multiply-adds, of one round.
    public long workPerRound() {
        return isRead() ? READ_BYTES : (long) rounds() * workPerInstruction;
    }

    private boolean isRead() {
        return this == READ_256 || this == READ_512;
    }

    /// Multiply-adds of registers in a round.
    private int rounds() {
        return this == TILES ? 4 : SUMS;
    }

    /// The loop, ready to run. Any thread may run it; the caller closes it.
    ///
    /// @throws CodeMemoryException if no machine code can run here
    public Ready prepare() throws CodeMemoryException {
        return new Ready(CodeMemory.of(code()));
    }

    /// A loop in memory.
    public record Ready(CodeMemory code) implements AutoCloseable {
        /// Runs it in this thread.
        ///
        /// @param address what to read; for tiles, 64 bytes of their configuration
        /// @param rounds at least 1
        public void run(long address, long rounds) {
            try {
                CALL.invokeExact(MemorySegment.ofAddress(code.address()), address, rounds);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            code.close();
        }
    }

    /// `void f(long address, long rounds)`.
    byte[] code() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        if (this == TILES) a.ldtilecfg(Mem.at(Gp.RDI));
        else for (int i = 0; i < 16; i++) clear(a, i);
        a.align(64);
        Label loop = a.label();
        a.bind(loop);
        body(a);
        a.dec(Gp.RSI);
        a.jnz(loop);
        if (this == TILES) a.tilerelease();
        frame.close();
        return a.bytes();
    }

    private void clear(X86Assembler a, int register) {
        Vec v = Vec.ymm(register);
        a.vpxor(v, v, v);
    }

    private void body(X86Assembler a) {
        switch (this) {
            case READ_256 -> read(a, 256);
            case READ_512 -> read(a, 512);
            case FLOAT_256 -> {
                for (int i = 0; i < SUMS; i++) a.vfmadd231ps(Vec.ymm(i), Vec.ymm(14), Vec.ymm(15));
            }
            case FLOAT_512 -> {
                for (int i = 0; i < SUMS; i++) a.vfmadd231ps(Vec.zmm(i), Vec.zmm(14), Vec.zmm(15));
            }
            case SHORT_256 -> {
                for (int i = 0; i < SUMS; i++) {
                    Vec product = Vec.ymm(SUMS + i % 4);
                    a.vpmaddubsw(product, Vec.ymm(14), Vec.ymm(15));
                    a.vpaddw(Vec.ymm(i), Vec.ymm(i), product);
                }
            }
            case INT_256 -> {
                for (int i = 0; i < SUMS; i++) {
                    Vec product = Vec.ymm(SUMS + i % 3);
                    a.vpmaddubsw(product, Vec.ymm(14), Vec.ymm(15));
                    a.vpmaddwd(product, product, Vec.ymm(13));
                    a.vpaddd(Vec.ymm(i), Vec.ymm(i), product);
                }
            }
            case VNNI_256 -> {
                for (int i = 0; i < SUMS; i++) a.vpdpbusdVex(Vec.ymm(i), Vec.ymm(14), Vec.ymm(15));
            }
            case VNNI_512 -> {
                for (int i = 0; i < SUMS; i++) a.vpdpbusd(Vec.zmm(i), Vec.zmm(14), Vec.zmm(15));
            }
            case TILES -> {
                for (int i = 0; i < 4; i++)
                    a.tdpbusd(new Tmm(i), new Tmm(4 + i % 2), new Tmm(6 + i / 2));
            }
        }
    }

    private static void read(X86Assembler a, int bits) {
        int step = bits / Byte.SIZE;
        for (int at = 0; at < READ_BYTES; at += step) {
            if (at % 64 == 0) a.prefetcht0(Mem.at(Gp.RDI, AHEAD + at));
            Vec sum = new Vec(at / step % 8, bits);
            a.vpaddd(sum, sum, Mem.at(Gp.RDI, at));
        }
        a.add(Gp.RDI, READ_BYTES);
    }
}

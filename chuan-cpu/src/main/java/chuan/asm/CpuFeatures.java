package chuan.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/// What kernels may use: instructions that the processor has and whose registers the operating
/// system keeps (Intel SDM volume 1, chapters 13.3, 14.3, 15.2 and 18).
///
/// @param avx2 with FMA and F16C
/// @param avxVnni `vpdpbusd` on 256 bits, VEX form
/// @param avx512 F, BW, DQ and VL
/// @param avx512Vnni with [#avx512]
/// @param avx512Bf16 rounding to bf16 and products of pairs of it, with [#avx512]
/// @param amxInt8 tiles of bytes; on Linux this process has asked for them and may use them
/// @param amxBf16 tiles of bf16, the same
/// @param amd made by AMD, whose `vdpbf16ps` takes as long as `vfmadd231ps` for twice the products
///   (measured on Zen 4; nobody else's was)
public record CpuFeatures(
        boolean avx2,
        boolean avxVnni,
        boolean avx512,
        boolean avx512Vnni,
        boolean avx512Bf16,
        boolean amxInt8,
        boolean amxBf16,
        boolean amd) {
    /// "AuthenticAMD", in three words.
    private static final int AUTH = 0x6874_7541;

    private static final int ENTI = 0x6974_6e65;
    private static final int CAMD = 0x444d_4163;

    private static final int SYSTEM_USES_XSAVE = 27;
    private static final int YMM_STATE = 0b110;
    private static final int ZMM_STATE = 0b1110_0110;
    private static final int TILE_STATE = 0b11 << 17;

    /// Asks the processor, by a few instructions of our own.
    ///
    /// @throws CodeMemoryException if no machine code can run here
    public static CpuFeatures detect() throws CodeMemoryException {
        try (var code = CodeMemory.of(question());
                var arena = Arena.ofConfined()) {
            var out = arena.allocate(ValueLayout.JAVA_LONG, 5);
            var handle =
                    Linker.nativeLinker()
                            .downcallHandle(
                                    MemorySegment.ofAddress(code.address()),
                                    FunctionDescriptor.ofVoid(
                                            ValueLayout.JAVA_LONG,
                                            ValueLayout.JAVA_LONG,
                                            ValueLayout.ADDRESS));
            return read(new Cpuid(handle, out));
        }
    }

    private static CpuFeatures read(Cpuid cpu) throws CodeMemoryException {
        int[] first = cpu.ask(0, 0);
        int leaves = first[0];
        boolean amd = first[1] == AUTH && first[3] == ENTI && first[2] == CAMD;
        int basic = cpu.ask(1, 0)[2];
        if (leaves < 7 || !bit(basic, SYSTEM_USES_XSAVE))
            return new CpuFeatures(false, false, false, false, false, false, false, amd);
        int[] seven = cpu.ask(7, 0);
        int more = seven[0] >= 1 ? cpu.ask(7, 1)[0] : 0;
        int kept = cpu.kept();
        boolean avx2 =
                has(kept, YMM_STATE)
                        && bit(basic, 28)
                        && bit(basic, 12)
                        && bit(basic, 29)
                        && bit(seven[1], 5);
        boolean avx512 =
                avx2
                        && has(kept, ZMM_STATE)
                        && bit(seven[1], 16)
                        && bit(seven[1], 17)
                        && bit(seven[1], 30)
                        && bit(seven[1], 31);
        boolean tiles =
                has(kept, TILE_STATE)
                        && bit(seven[3], 24)
                        && (bit(seven[3], 25) || bit(seven[3], 22))
                        && TilePermission.ask();
        return new CpuFeatures(
                avx2,
                avx2 && bit(more, 4),
                avx512,
                avx512 && bit(seven[2], 11),
                avx512 && bit(more, 5),
                tiles && bit(seven[3], 25),
                tiles && bit(seven[3], 22),
                amd);
    }

    /// `void f(long leaf, long subleaf, long[5] out)`: eax, ebx, ecx, edx, and the low half of XCR0
    /// where the system uses it, else 0.
    private static byte[] question() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0, Gp.RBX);
        Label done = a.label();
        a.mov(Gp.R8, Gp.RDX);
        a.mov(Gp.RAX, Gp.RDI);
        a.mov(Gp.RCX, Gp.RSI);
        a.cpuid();
        a.mov(Mem.at(Gp.R8, 0), Gp.RAX);
        a.mov(Mem.at(Gp.R8, 8), Gp.RBX);
        a.mov(Mem.at(Gp.R8, 16), Gp.RCX);
        a.mov(Mem.at(Gp.R8, 24), Gp.RDX);
        a.mov(Gp.RAX, 1);
        a.cpuid();
        a.xor(Gp.RAX, Gp.RAX);
        a.shr(Gp.RCX, SYSTEM_USES_XSAVE);
        a.and(Gp.RCX, 1);
        a.jz(done);
        a.xor(Gp.RCX, Gp.RCX);
        a.xgetbv();
        a.bind(done);
        a.mov(Mem.at(Gp.R8, 32), Gp.RAX);
        frame.close();
        return a.bytes();
    }

    private static boolean bit(int word, int bit) {
        return (word >>> bit & 1) != 0;
    }

    private static boolean has(int word, int bits) {
        return (word & bits) == bits;
    }

    /// Names of what is there, for people.
    public List<String> names() {
        var names = new ArrayList<String>();
        if (avx2) names.add("avx2");
        if (avxVnni) names.add("avx-vnni");
        if (avx512) names.add("avx512");
        if (avx512Vnni) names.add("avx512-vnni");
        if (avx512Bf16) names.add("avx512-bf16");
        if (amxInt8) names.add("amx-int8");
        if (amxBf16) names.add("amx-bf16");
        return List.copyOf(names);
    }

    private record Cpuid(MethodHandle handle, MemorySegment out) {
        /// eax, ebx, ecx, edx.
        int[] ask(long leaf, long subleaf) throws CodeMemoryException {
            try {
                handle.invokeExact(leaf, subleaf, out);
            } catch (Throwable e) {
                throw SystemMemory.failed("cpuid", e);
            }
            return new int[] {word(0), word(1), word(2), word(3)};
        }

        /// XCR0 as of the last question.
        int kept() {
            return word(4);
        }

        private int word(int index) {
            return (int) out.getAtIndex(ValueLayout.JAVA_LONG, index);
        }
    }
}

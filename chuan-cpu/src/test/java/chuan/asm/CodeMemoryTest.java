package chuan.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeMemoryTest {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    @BeforeEach
    void onX86() {
        String processor = System.getProperty("os.arch");
        assumeTrue(processor.equals("amd64"), "needs an x86-64 processor, this is " + processor);
    }

    /// Eight arguments, those in memory too; a loop, a branch ahead, a table among the code,
    /// locals, and registers that belong to the caller.
    @Test
    void runsWhatWasWritten() throws Throwable {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 128, Gp.RBX, Gp.R12, Gp.R15);
        Label loop = a.label();
        Label end = a.label();
        Label table = a.label();
        a.lea(Gp.R15, table);
        a.vmovdqu(Vec.ymm(6), Mem.at(Gp.R15));
        a.vmovdqu(Mem.at(Gp.RSP, 32), Vec.ymm(6));
        a.mov(Gp.RAX, Mem.at(Gp.RSP, 48)); // 5 + (6 << 32)
        a.mov(Gp.RBX, frame.argument(6));
        a.mov(Gp.R12, frame.argument(7));
        a.test(Gp.RBX, Gp.RBX);
        a.jz(end);
        a.bind(loop);
        a.add(Gp.RAX, Gp.R12);
        a.dec(Gp.RBX);
        a.jnz(loop);
        a.bind(end);
        for (Gp argument : new Gp[] {Gp.RDI, Gp.RSI, Gp.RDX, Gp.RCX, Gp.R8, Gp.R9}) {
            a.imul(Gp.RAX, Mem.at(Gp.RSP, 40)); // 3 + (4 << 32)
            a.add(Gp.RAX, argument);
        }
        frame.close();
        a.align(32);
        a.bind(table);
        a.ints(1, 2, 3, 4, 5, 6, 7, 8);
        try (var code = CodeMemory.of(a.bytes())) {
            var function =
                    handle(
                            code,
                            FunctionDescriptor.of(
                                    LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG));
            for (long n : new long[] {0, 1, 1000}) {
                long expected = 5 + (6L << 32) + 1_000_003 * n;
                for (long argument = 11; argument <= 16; argument++)
                    expected = expected * (3 + (4L << 32)) + argument;
                long actual =
                        (long) function.invokeExact(11L, 12L, 13L, 14L, 15L, 16L, n, 1_000_003L);
                assertThat(actual).isEqualTo(expected);
            }
        }
    }

    @Test
    void vectorsWork() throws Throwable {
        assumeTrue(CpuFeatures.detect().avx2(), "needs AVX2");
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.here(), 0);
        a.vbroadcastss(Vec.ymm(15), Mem.at(Gp.RSI, 4));
        a.vmovups(Vec.ymm(7), Mem.at(Gp.RDI));
        a.vfmadd213ps(Vec.ymm(7), Vec.ymm(15), Mem.at(Gp.RDI));
        a.vmovups(Mem.at(Gp.RDI), Vec.ymm(7));
        frame.close();
        try (var code = CodeMemory.of(a.bytes());
                var arena = Arena.ofConfined()) {
            var x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6, 7, 8);
            var y = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0, 10);
            handle(code, FunctionDescriptor.ofVoid(LONG, LONG))
                    .invokeExact(x.address(), y.address());
            assertThat(x.toArray(ValueLayout.JAVA_FLOAT))
                    .containsExactly(11, 22, 33, 44, 55, 66, 77, 88);
        }
    }

    /// As Linux itself tells.
    @Test
    void sealedMemoryRunsAndCannotBeWritten() throws IOException, CodeMemoryException {
        Path maps = Path.of("/proc/self/maps");
        assumeTrue(Files.exists(maps), "needs /proc/self/maps");
        var a = new X86Assembler();
        a.ret();
        String range;
        try (var code = CodeMemory.of(a.bytes())) {
            range = Long.toHexString(code.address()) + "-";
            assertThat(Files.readAllLines(maps))
                    .filteredOn(line -> line.startsWith(range))
                    .singleElement()
                    .satisfies(line -> assertThat(line.split(" ")[1]).isEqualTo("r-xp"));
        }
        assertThat(Files.readAllLines(maps))
                .noneMatch(line -> line.startsWith(range) && line.contains("r-xp"));
    }

    /// A function as Windows calls it: called the way Windows would, by code of our own that looks
    /// at what it leaves of the caller's registers.
    @Test
    void framesOfWindowsKeepWhatTheyMust() throws Throwable {
        assumeTrue(CpuFeatures.detect().avx2(), "needs AVX");
        assumeTrue(
                CallingConvention.here() == CallingConvention.SYSTEM_V,
                "Windows has its own word on this");
        try (var function = CodeMemory.of(spendthrift());
                var caller = CodeMemory.of(windowsCaller());
                var arena = Arena.ofConfined()) {
            var in = arena.allocate(LONG, 8 + 2 * 10);
            for (int i = 0; i < 28; i++) in.setAtIndex(LONG, i, 1000 + 7L * i * i);
            var out = arena.allocate(LONG, 4 + 2 * 10);
            handle(caller, FunctionDescriptor.ofVoid(LONG, LONG, LONG))
                    .invokeExact(function.address(), in.address(), out.address());
            long expected = 0;
            for (int i = 0; i < 8; i++) expected = expected * 31 + in.getAtIndex(LONG, i);
            assertThat(out.getAtIndex(LONG, 0)).isEqualTo(expected);
            assertThat(out.getAtIndex(LONG, 1)).as("rbx").isEqualTo(111);
            assertThat(out.getAtIndex(LONG, 2)).as("rdi").isEqualTo(222);
            assertThat(out.getAtIndex(LONG, 3)).as("rsi").isEqualTo(333);
            assertThat(out.asSlice(4 * 8).toArray(LONG))
                    .as("xmm6 to xmm15")
                    .isEqualTo(in.asSlice(8 * 8).toArray(LONG));
        }
    }

    /// Eight arguments to one number; uses up all registers that it may have, and its locals.
    private static byte[] spendthrift() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.WINDOWS, 192, Gp.RBX);
        a.vpxor(Vec.ymm(0), Vec.ymm(0), Vec.ymm(0));
        for (int i = 0; i < 192; i += 32) a.vmovups(Mem.at(Gp.RSP, i), Vec.ymm(0));
        for (int i = 1; i < 16; i++) a.vpxor(Vec.ymm(i), Vec.ymm(i), Vec.ymm(i));
        a.mov(Gp.RBX, 31);
        a.mov(Gp.RAX, Gp.RDI);
        for (Gp argument : new Gp[] {Gp.RSI, Gp.RDX, Gp.RCX, Gp.R8, Gp.R9}) {
            a.imul(Gp.RAX, Gp.RBX);
            a.add(Gp.RAX, argument);
        }
        for (int i = 6; i < 8; i++) {
            a.imul(Gp.RAX, Gp.RBX);
            a.add(Gp.RAX, frame.argument(i));
        }
        frame.close();
        return a.bytes();
    }

    /// `void call(function, long[28] in, long[24] out)`: eight arguments and xmm6 to xmm15 come
    /// from `in`; the result, rbx, rdi, rsi and these registers go to `out`.
    private static byte[] windowsCaller() {
        var a = new X86Assembler();
        var frame = Frame.open(a, CallingConvention.SYSTEM_V, 64, Gp.RBX, Gp.R12, Gp.R13, Gp.R14);
        a.mov(Gp.R12, Gp.RDI);
        a.mov(Gp.R13, Gp.RSI);
        a.mov(Gp.R14, Gp.RDX);
        for (int i = 0; i < 10; i++) a.vmovups(Vec.xmm(6 + i), Mem.at(Gp.R13, 64 + 16 * i));
        for (int i = 4; i < 8; i++) {
            a.mov(Gp.RAX, Mem.at(Gp.R13, 8 * i));
            a.mov(Mem.at(Gp.RSP, 8 * i), Gp.RAX);
        }
        a.mov(Gp.RCX, Mem.at(Gp.R13, 0));
        a.mov(Gp.RDX, Mem.at(Gp.R13, 8));
        a.mov(Gp.R8, Mem.at(Gp.R13, 16));
        a.mov(Gp.R9, Mem.at(Gp.R13, 24));
        a.mov(Gp.RBX, 111);
        a.mov(Gp.RDI, 222);
        a.mov(Gp.RSI, 333);
        a.call(Gp.R12);
        a.mov(Mem.at(Gp.R14, 0), Gp.RAX);
        a.mov(Mem.at(Gp.R14, 8), Gp.RBX);
        a.mov(Mem.at(Gp.R14, 16), Gp.RDI);
        a.mov(Mem.at(Gp.R14, 24), Gp.RSI);
        for (int i = 0; i < 10; i++) a.vmovups(Mem.at(Gp.R14, 32 + 16 * i), Vec.xmm(6 + i));
        frame.close();
        return a.bytes();
    }

    /// What the system says it has, seen by us as well: flags of Linux's /proc/cpuinfo.
    @Test
    void featuresAreThoseOfTheSystem() throws IOException, CodeMemoryException {
        Path info = Path.of("/proc/cpuinfo");
        assumeTrue(Files.exists(info), "needs /proc/cpuinfo");
        var features = CpuFeatures.detect();
        var flags =
                Files.readAllLines(info).stream()
                        .filter(line -> line.startsWith("flags"))
                        .findFirst()
                        .orElseThrow();
        System.out.println("features: " + features.names());
        assertThat(features.avx2()).isEqualTo(flags.contains(" avx2") && flags.contains(" fma"));
        assertThat(features.avxVnni()).isEqualTo(flags.contains(" avx_vnni"));
        assertThat(features.avx512()).isEqualTo(flags.contains(" avx512bw"));
        assertThat(features.avx512Vnni()).isEqualTo(flags.contains(" avx512_vnni"));
        // the process may be refused
        if (features.avx512Bf16()) assertThat(flags).contains(" avx512_bf16");
        if (features.amxInt8()) assertThat(flags).contains(" amx_int8");
        if (features.amxBf16()) assertThat(flags).contains(" amx_bf16");
    }

    private static MethodHandle handle(CodeMemory code, FunctionDescriptor descriptor) {
        return Linker.nativeLinker()
                .downcallHandle(MemorySegment.ofAddress(code.address()), descriptor);
    }
}

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

    /// Frames of the other system are balanced too: the registers that it keeps are kept.
    @Test
    void framesAreBalanced() {
        for (var convention : CallingConvention.values()) {
            var a = new X86Assembler();
            Frame.open(a, convention, 64, Gp.RBX).close();
            assertThat(a.size()).as("%s", convention).isPositive();
        }
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
        if (features.amxInt8()) assertThat(flags).contains(" amx_int8");
    }

    private static MethodHandle handle(CodeMemory code, FunctionDescriptor descriptor) {
        return Linker.nativeLinker()
                .downcallHandle(MemorySegment.ofAddress(code.address()), descriptor);
    }
}

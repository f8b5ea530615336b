package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.Binutils;
import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A limit is only as true as its count: what a disassembler finds between the loop's beginning and
/// its jump back is what a round is said to do.
class LimitLoopTest {
    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource
    void aRoundDoesWhatItIsCountedAs(LimitLoop loop) throws IOException, InterruptedException {
        var lines = new Binutils(folder).disassemble(loop.code());
        int back = -1;
        for (int i = 0; i < lines.size(); i++) if (lines.get(i).mnemonic().equals("jne")) back = i;
        int start = Integer.decode(lines.get(back).text().split("\\s+")[1]);
        var round = lines.subList(0, back).stream().filter(l -> l.offset() >= start).toList();
        assertThat(round.get(round.size() - 1).text()).isEqualTo("dec    rsi");
        long work =
                switch (loop) {
                    case READ_256, READ_512 ->
                            count(
                                            round,
                                            l ->
                                                    l.text().startsWith("vpaddd")
                                                            && l.text().contains("["))
                                    * (loop == LimitLoop.READ_256 ? 32 : 64);
                    case FLOAT_256 -> count(round, l -> is(l, "vfmadd231ps", "ymm")) * 8;
                    case FLOAT_512 -> count(round, l -> is(l, "vfmadd231ps", "zmm")) * 16;
                    case SHORT_256, INT_256 -> count(round, l -> is(l, "vpmaddubsw", "ymm")) * 32;
                    case VNNI_256 -> count(round, l -> is(l, "vpdpbusd", "ymm")) * 32;
                    case VNNI_512 -> count(round, l -> is(l, "vpdpbusd", "zmm")) * 64;
                    case TILES -> count(round, l -> is(l, "tdpbusd", "tmm")) * 16 * 16 * 64;
                };
        assertThat(loop.workPerRound()).isEqualTo(work).isPositive();
        // and every product is added, where that takes instructions of its own
        long products = count(round, l -> is(l, "vpmaddubsw", "ymm"));
        if (loop == LimitLoop.SHORT_256)
            assertThat(count(round, l -> is(l, "vpaddw", "ymm"))).isEqualTo(products);
        if (loop == LimitLoop.INT_256) {
            assertThat(count(round, l -> is(l, "vpmaddwd", "ymm"))).isEqualTo(products);
            assertThat(count(round, l -> is(l, "vpaddd", "ymm"))).isEqualTo(products);
        }
    }

    /// Reading loops get memory that ends where their rounds do: one round more ends the process.
    @ParameterizedTest
    @EnumSource
    void runsAsManyRoundsAsAsked(LimitLoop loop) throws CodeMemoryException {
        assumeTrue(loop.runsOn(CpuFeatures.detect()), "needs other instructions");
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs mmap as Linux has it");
        long rounds = 100;
        try (var memory = new GuardedMemory(rounds * 512);
                var ready = loop.prepare()) {
            if (loop == LimitLoop.TILES) configure(memory.segment);
            ready.run(memory.segment.address(), rounds);
        }
    }

    /// Eight tiles of sixteen rows of 64 bytes (Intel SDM volume 1, section 18.3).
    private static void configure(MemorySegment memory) {
        memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (int i = 0; i < 8; i++) {
            memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, 16 + 2L * i, (short) 64);
            memory.set(ValueLayout.JAVA_BYTE, 48 + i, (byte) 16);
        }
    }

    private static boolean is(Binutils.Line line, String mnemonic, String register) {
        return line.mnemonic().equals(mnemonic)
                && line.text().contains(register)
                && !line.text().contains("[");
    }

    private static long count(List<Binutils.Line> lines, Predicate<Binutils.Line> which) {
        return lines.stream().filter(which).count();
    }
}

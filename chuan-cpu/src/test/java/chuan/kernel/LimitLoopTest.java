package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LimitLoopTest {
    private static final int TILE = 64;

    /// Comes back, takes longer for more rounds, and never less than a tenth of a cycle of 10 GHz
    /// for an instruction.
    @ParameterizedTest
    @EnumSource
    void runsAsManyRoundsAsAsked(LimitLoop loop) throws CodeMemoryException {
        assumeTrue(loop.runsOn(CpuFeatures.detect()), "needs other instructions");
        try (var arena = Arena.ofConfined();
                var ready = loop.prepare()) {
            var memory = arena.allocate(1 << 20, 64);
            memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            for (int i = 0; i < 8; i++) {
                memory.set(ValueLayout.JAVA_SHORT, 16 + 2L * i, (short) TILE);
                memory.set(ValueLayout.JAVA_BYTE, 48 + i, (byte) 16);
            }
            long rounds = (memory.byteSize() - 8192) / 512;
            ready.run(memory.address(), 1);
            long start = System.nanoTime();
            ready.run(memory.address(), rounds);
            double seconds = (System.nanoTime() - start) / 1e9;
            double rate = rounds * loop.workPerRound() / seconds;
            System.out.printf("%s: %.1f G/s%n", loop.label(), rate / 1e9);
            assertThat(rate).isBetween(1e6, 1e14);
        }
    }

    @Test
    void countsItsWork() {
        assertThat(LimitLoop.READ_256.workPerRound()).isEqualTo(512);
        assertThat(LimitLoop.VNNI_512.workPerRound()).isEqualTo(640);
        assertThat(LimitLoop.TILES.workPerRound()).isEqualTo(4 * 16 * 16 * 64);
    }
}

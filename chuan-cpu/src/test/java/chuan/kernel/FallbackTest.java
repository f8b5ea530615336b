package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Machine code with a wrong byte is noticed wherever it is: the next best kernels compute the same
/// numbers, and one line says so. Each in a process of its own.
class FallbackTest {
    private static final String EXPECTED = Digest.of(new ScalarKernels());

    @BeforeAll
    static void onlyWhereMachineCodeRuns() {
        assumeTrue(Tiers.here().size() > 2, "this processor runs no machine code");
    }

    @Test
    void theNextInstructionSetIsTaken() {
        var sets = Tiers.here().subList(2, Tiers.here().size()).reversed();
        for (int broken = 1; broken < sets.size(); broken++) {
            var property = new StringBuilder();
            for (String set : sets.subList(0, broken))
                property.append(property.isEmpty() ? "" : ",").append(set).append(":123");
            var lines = broken(property.toString());
            assertThat(lines).as(property.toString()).hasSize(2);
            assertThat(lines.getFirst())
                    .startsWith("machine code for " + title(sets.get(broken)) + ", since byte 123 ")
                    .contains("for " + title(sets.getFirst()) + " is");
            assertThat(lines.getLast()).isEqualTo(EXPECTED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 77, 4001, -1})
    void withoutAnyThatIsRightTheVectorKernelsStepIn(int at) {
        var lines = broken(String.valueOf(at));
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).startsWith("vector kernels of ").contains("; byte ");
        assertThat(lines.getLast()).isEqualTo(EXPECTED);
    }

    /// What is written when it is first called for; of 512 bits, the narrower one is taken.
    @ParameterizedTest
    @ValueSource(strings = {"rows-", "tile-", "element-"})
    void functionsMadeLater(String name) {
        var lines = broken(name + ":9");
        assertThat(lines.getFirst()).startsWith("machine code for ");
        assertThat(lines.getLast()).isEqualTo(EXPECTED);
        var said = lines.subList(1, lines.size() - 1);
        assertThat(said).isNotEmpty().hasSizeLessThanOrEqualTo(2).doesNotHaveDuplicates();
        assertThat(said)
                .allSatisfy(line ->
                        assertThat(line)
                                .startsWith("no machine code for ")
                                .contains(": byte 9 of the machine code for " + name));
        assertThat(said.getLast()).endsWith("; vector kernels compute instead");
    }

    /// What only registers of 512 bits have; the narrower ones do without.
    @ParameterizedTest
    @ValueSource(strings = {"wide-rows-", "arrange"})
    void functionsOfWideRegisters(String name) throws CodeMemoryException {
        assumeTrue(CpuFeatures.detect().avx512(), "this processor has no such registers");
        var lines = broken(name + ":9");
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1))
                .startsWith("no machine code for rows of weights, 512 bits: byte 9 ")
                .contains(" of the machine code for " + name)
                .endsWith("; 256 bits compute instead");
        assertThat(lines.getLast()).isEqualTo(EXPECTED);
    }

    private static String title(String set) {
        for (var s : InstructionSet.values()) if (s.id().equals(set)) return s.title();
        throw new AssertionError(set);
    }

    private static List<String> broken(String property) {
        return FreshJvm.run(
                Digest.class,
                List.of(
                        "--add-modules=jdk.incubator.vector",
                        "-D" + KernelSelector.BREAK_PROPERTY + "=" + property));
    }
}

package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// What needs a JVM of its own: narrower registers give the same bits, and without the vector
/// module the scalar kernels step in and say so.
class WidthsTest {

    @Test
    void narrowerRegistersGiveTheSameBits() {
        String expected = Digest.of(new ScalarKernels());
        for (int bytes : new int[] {16, 32}) {
            var lines =
                    java(
                            "--add-modules=jdk.incubator.vector",
                            "-XX:MaxVectorSize=" + bytes,
                            "-Dchuan.kernels=vector");
            assertThat(lines).contains("vector kernels of " + 8 * bytes + " bits, as asked for");
            assertThat(lines).as("%d-byte registers", bytes).contains(expected);
        }
    }

    /// With or without machine code, which does not need them.
    @Test
    void withoutVectorsScalarKernelsStepIn() {
        var lines = java();
        assertThat(lines.getFirst())
                .endsWith(
                        "scalar kernels, slower than vectors, because java was started without"
                                + " --add-modules jdk.incubator.vector");
        assertThat(lines.getLast()).isEqualTo(Digest.of(new ScalarKernels()));
        String module = "--add-modules=jdk.incubator.vector";
        assertThat(java(module, "-XX:TieredStopAtLevel=1").getFirst())
                .endsWith("because java runs without its optimizing compiler");
        assertThat(java(module, "-Xint").getFirst())
                .endsWith("because java runs without its optimizing compiler");
        assertThat(java(module, "-XX:MaxVectorSize=8").getFirst())
                .endsWith("because java offers no vector registers here");
    }

    @Test
    void forcedVectorsWithoutTheModuleAreRefusedInASentence() {
        assertThat(java("-Dchuan.kernels=vector"))
                .containsExactly(
                        "vector kernels need java to be started with --add-modules"
                                + " jdk.incubator.vector");
    }

    private static List<String> java(String... options) {
        return FreshJvm.run(Digest.class, List.of(options));
    }
}

package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

    @Test
    void withoutVectorsScalarKernelsStepIn() {
        assertThat(java())
                .containsExactly(
                        "scalar kernels, slower than vectors, because java was started without"
                                + " --add-modules jdk.incubator.vector",
                        Digest.of(new ScalarKernels()));
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
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(
                List.of(
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path")));
        command.addAll(List.of(options));
        command.add(Digest.class.getName());
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = process.getInputStream().readAllBytes();
            return new String(output, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("WARNING: Using incubator"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

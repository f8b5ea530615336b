package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.kernel.EmittedKernels;
import chuan.kernel.KernelSelector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MainTest {
    @Test
    void helpNamesEveryCommand() {
        var run = CommandLineRun.of("--help");
        assertThat(run.code()).isZero();
        assertThat(Main.commandNames()).allMatch(run.out()::contains);
        assertThat(run.err()).isEmpty();
    }

    static List<String> commands() {
        return Main.commandNames();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelp(String command) {
        var run = CommandLineRun.of(command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Usage: chuan " + command).contains("--help");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void unknownOptionsAreOneLineAndExitCode2(String command) {
        var run = CommandLineRun.of(command, "--no-such-option");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        // A command that lacks what it needs says that first.
        assertThat(run.err())
                .containsAnyOf("--no-such-option", "Missing required")
                .contains("--help");
    }

    @Test
    void unknownCommandsAreOneLineAndExitCode2() {
        for (String[] args : new String[][] {{}, {"chatt"}, {"-x"}}) {
            var run = CommandLineRun.of(args);
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err().lines()).hasSize(1);
            assertThat(run.err()).startsWith("chuan: ").contains("--help");
        }
        assertThat(CommandLineRun.of("doktor").err()).contains("did you mean doctor");
    }

    @Test
    void versionSaysWhichJava() {
        var run = CommandLineRun.of("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("chuan ").contains("Java " + Runtime.version());
    }

    @Test
    void doctorIsJsonForScripts() {
        var run = CommandLineRun.of("doctor", "--json");
        assertThat(run.code()).isZero();
        var report = Json.mapper().readTree(run.out());
        assertThat(report.get("cores").intValue())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(report.get("vectorModule").booleanValue()).isTrue();
        assertThat(CommandLineRun.of("doctor").out()).contains("cpu", "memoryBytes");
    }

    /// What is in use lies there, a file per function, and a way to read it.
    @Test
    void kernelsCanBeLookedAt(@TempDir Path folder) throws IOException {
        Path dump = folder.resolve("new/kernels");
        var run = CommandLineRun.of("doctor", "--dump-kernels", dump.toString());
        if (!(KernelSelector.select().kernels() instanceof EmittedKernels kernels)) {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("no machine code is in use here");
            return;
        }
        assertThat(run.code()).isZero();
        assertThat(dump.resolve("README.txt")).content().contains("objdump -D -b binary");
        for (var function : kernels.functions())
            assertThat(dump.resolve(function.name() + ".bin"))
                    .binaryContent()
                    .isEqualTo(function.bytes());
        assertThat(dump).isDirectoryNotContaining("glob:**.part");
    }
}

package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ctrl-C in the middle of an examination: what was answered is kept, and the same command goes on
/// to the bytes of a run that nobody interrupted.
class EvalInterruptTest {
    private static final String MODEL = "models/chuan-10m-base";
    private static final int QUESTIONS = 150;
    private static final long PATIENCE_SECONDS = 120;
    private static final Path KILL = Path.of("/bin/kill");

    @TempDir Path folder;

    private void inventSet() throws IOException {
        for (String split : List.of("dev", "test"))
            for (String subject : List.of("anatomy", "logical")) {
                Path file = folder.resolve("sets/cmmlu/%s/%s.csv".formatted(split, subject));
                Files.createDirectories(file.getParent());
                var text = new StringBuilder(",Question,A,B,C,D,Answer\n");
                for (int i = 0; i < (split.equals("dev") ? 5 : QUESTIONS); i++)
                    text.append(
                            "%d,%s：%d 加 %d 等于几？,%d,%d,%d,%d,%s\n"
                                    .formatted(
                                            i,
                                            subject,
                                            i,
                                            i,
                                            2 * i,
                                            i,
                                            3 * i,
                                            9,
                                            "ABCD".charAt(i % 4)));
                Files.writeString(file, text);
            }
    }

    private List<String> eval(String out, String... more) {
        var line = new ArrayList<>(List.of("eval", "--tasks", "cmmlu:anatomy+logical"));
        line.addAll(List.of("--data", folder.resolve("sets").toString()));
        line.addAll(List.of("--model", CommandLineRun.root().resolve(MODEL).toString()));
        line.addAll(List.of("--no-times", "--out", folder.resolve(out).toString()));
        line.addAll(List.of(more));
        return line;
    }

    private Process start(List<String> arguments) throws IOException {
        var command =
                new ArrayList<>(
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-XX:+UseSerialGC",
                                "--add-modules",
                                "jdk.incubator.vector",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "chuan.cli.Main"));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(folder.resolve("err.txt").toFile())
                .start();
    }

    @Test
    void nothingIsLostAndTheSameCommandGoesOn() throws Exception {
        assumeTrue(Files.isExecutable(KILL), KILL + " is not here");
        inventSet();
        Path lines = folder.resolve("run.json.lines");
        // slow enough to be interrupted: each question by itself, from its first token
        var slow = eval("run.json", "--threads", "1", "--batch", "1", "--no-sharing");
        Process process = start(slow);
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (answers(lines) < 5 && process.isAlive() && System.nanoTime() < end)
                Thread.sleep(20);
            new ProcessBuilder(KILL.toString(), "-INT", String.valueOf(process.pid()))
                    .start()
                    .waitFor();
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String err = Files.readString(folder.resolve("err.txt"));
        assertThat(process.exitValue()).as(err).isEqualTo(128 + 2);
        assertThat(folder.resolve("run.json")).doesNotExist();
        long kept = answers(lines);
        assertThat(kept).isBetween(5L, 2L * QUESTIONS - 1);
        assertThat(err)
                .contains(
                        "chuan: interrupted; %,d answers are kept in %s, and the same command goes on"
                                .formatted(kept, lines))
                .doesNotContain("Exception");

        assertComplete(CommandLineRun.of(eval("run.json").toArray(String[]::new)));
        assertComplete(CommandLineRun.of(eval("unbroken.json").toArray(String[]::new)));
        assertThat(lines).doesNotExist();
        assertThat(folder.resolve("run.json"))
                .hasSameBinaryContentAs(folder.resolve("unbroken.json"));
    }

    private static void assertComplete(CommandLineRun run) {
        assertThat(run.code()).as(run.err()).isZero();
    }

    /// Lines of the file behind the first, which says what is asked.
    private static long answers(Path lines) throws IOException {
        if (!Files.exists(lines)) return 0;
        String text = Files.readString(lines, StandardCharsets.UTF_8);
        return Math.max(0, text.chars().filter(c -> c == '\n').count() - 1);
    }
}

package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs that are killed or stopped end with the same bits as a run that is left alone.
class ResumeTest {
    private static final int STEPS = 300;
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());

    @TempDir Path folder;

    @BeforeAll
    static void load() {
        Libraries.load();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void killedAndResumedEqualsStraight(String precision) throws Exception {
        Path straight = folder.resolve("straight");
        assertThat(TinyRun.run(straight, STEPS, precision, QUIET)).isTrue();

        Path killed = folder.resolve("killed");
        Process process = start(killed, STEPS, precision);
        waitForSteps(killed.resolve("metrics.jsonl"), 37, process);
        process.destroyForcibly(); // SIGKILL
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(killed.resolve("model")).doesNotExist();

        assertThat(TinyRun.run(killed, STEPS, precision, QUIET)).isTrue();
        for (String file : new String[] {"model.safetensors", "training/optimizer.safetensors"}) {
            Path end = Path.of("checkpoints/step-0000300").resolve(file);
            assertThat(Files.mismatch(straight.resolve(end), killed.resolve(end)))
                    .as(file)
                    .isEqualTo(-1);
        }
        assertThat(Files.mismatch(model(straight), model(killed))).isEqualTo(-1);
    }

    @Test
    void terminationFinishesTheStepAndLeavesACheckpoint() throws Exception {
        Path stopped = folder.resolve("stopped");
        Process process = start(stopped, 100_000, "fp32");
        waitForSteps(stopped.resolve("metrics.jsonl"), 13, process);
        process.destroy(); // SIGTERM, as Ctrl-C's SIGINT
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        try (var checkpoints = Files.list(stopped.resolve("checkpoints"))) {
            var names = checkpoints.map(p -> p.getFileName().toString()).sorted().toList();
            int last = Integer.parseInt(names.getLast().substring("step-".length()));
            long steps;
            try (var lines = Files.lines(stopped.resolve("metrics.jsonl"))) {
                steps = lines.filter(line -> line.contains("\"loss\"")).count();
            }
            assertThat(last).isEqualTo((int) steps).isGreaterThanOrEqualTo(13);
        }
    }

    private static Path model(Path run) {
        return run.resolve("model").resolve("model.safetensors");
    }

    private Process start(Path output, int steps, String precision) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new ProcessBuilder(
                        java.toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TinyRun.class.getName(),
                        output.toString(),
                        Integer.toString(steps),
                        precision)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.txt").toFile())
                .start();
    }

    private static void waitForSteps(Path metrics, int steps, Process process)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
        while (System.nanoTime() < deadline && process.isAlive()) {
            if (Files.exists(metrics)) {
                try (var lines = Files.lines(metrics)) {
                    if (lines.count() >= steps) {
                        return;
                    }
                }
            }
            Thread.sleep(5);
        }
        throw new AssertionError("no " + steps + " steps in " + metrics);
    }
}

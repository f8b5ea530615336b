package chuan.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;

/// Runs that are killed or stopped end with the same bits as a run that is left alone.
class ResumeTest {
    private static final int STEPS = 300;
    private static final PrintStream QUIET = new PrintStream(OutputStream.nullOutputStream());

    @TempDir Path folder;

    private static void needs(String device) {
        if (device.equals("libtorch")) Libraries.load();
    }

    @ParameterizedTest
    @CsvSource({
        "libtorch, fp32, adamw",
        "libtorch, bf16, adamw",
        "libtorch, fp32, muon",
        "cpu, fp32, adamw",
        "cpu, fp32, muon",
        "cpu, bf16, adamw"
    })
    void killedAndResumedEqualsStraight(String device, String precision, String optimizer)
            throws Exception {
        needs(device);
        Path straight = folder.resolve("straight");
        assertThat(TinyRun.run(straight, STEPS, device, precision, optimizer, QUIET)).isTrue();

        Path killed = folder.resolve("killed");
        Process process = start(killed, STEPS, device, precision, optimizer);
        waitForSteps(killed.resolve("metrics.jsonl"), 37, process);
        process.destroyForcibly(); // SIGKILL
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(killed.resolve("model")).doesNotExist();

        assertThat(TinyRun.run(killed, STEPS, device, precision, optimizer, QUIET)).isTrue();
        for (String file : new String[] {"model.safetensors", "training/optimizer.safetensors"}) {
            Path end = Path.of("checkpoints/step-0000300").resolve(file);
            assertThat(Files.mismatch(straight.resolve(end), killed.resolve(end)))
                    .as(file)
                    .isEqualTo(-1);
        }
        assertThat(Files.mismatch(model(straight), model(killed))).isEqualTo(-1);
    }

    /// A run changes back ends at a checkpoint, there and back. Each rounds in its own order, some
    /// 1e-7 of a gradient, which training spreads; after 30 steps the losses must still agree to a
    /// thousandth, while one that starts the moments anew, or skips data, is off by hundredths.
    @ParameterizedTest
    @ValueSource(strings = {"adamw", "muon"})
    void aRunMovesBetweenBackEnds(String optimizer) throws Exception {
        needs("libtorch");
        Path straight = folder.resolve("straight");
        TinyRun.run(straight, 40, "libtorch", "fp32", optimizer, QUIET);
        double[] expected = losses(straight);
        assertThat(expected).hasSize(40);
        Path there = goOn(straight, 10, "cpu", optimizer);
        Path back = goOn(there, 30, "libtorch", optimizer);
        for (Path moved : new Path[] {there, back}) {
            double[] actual = losses(moved);
            assertThat(actual).hasSize(moved.equals(there) ? 30 : 10);
            for (int i = 1; i <= actual.length; i++)
                assertThat(actual[actual.length - i])
                        .as("step " + (41 - i))
                        .isCloseTo(expected[40 - i], within(1e-3));
        }
    }

    /// Another run from the checkpoint of one.
    private Path goOn(Path run, int step, String device, String optimizer) throws IOException {
        Path moved = folder.resolve(device + step);
        Path checkpoint = Path.of("checkpoints", "step-%07d".formatted(step));
        try (var files = Files.walk(run.resolve(checkpoint))) {
            for (Path file : files.toList()) {
                Path copy = moved.resolve(run.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        TinyRun.run(moved, 40, device, "fp32", optimizer, QUIET);
        return moved;
    }

    private static double[] losses(Path run) throws IOException {
        var json = new ObjectMapper();
        try (var lines = Files.lines(run.resolve("metrics.jsonl"))) {
            return lines.filter(line -> line.contains("\"loss\""))
                    .mapToDouble(line -> json.readTree(line).get("loss").asDouble())
                    .toArray();
        }
    }

    @Test
    void aRunKeepsItsOptimizer() throws Exception {
        Path run = folder.resolve("run");
        TinyRun.run(run, 10, "cpu", "fp32", "adamw", QUIET);
        assertThatThrownBy(() -> TinyRun.run(run, 20, "cpu", "fp32", "muon", QUIET))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("optimizer.kind");
    }

    @Test
    void terminationFinishesTheStepAndLeavesACheckpoint() throws Exception {
        needs("libtorch");
        Path stopped = folder.resolve("stopped");
        Process process = start(stopped, 100_000, "libtorch", "fp32", "adamw");
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

    private Process start(Path output, int steps, String device, String precision, String optimizer)
            throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new ProcessBuilder(
                        java.toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TinyRun.class.getName(),
                        output.toString(),
                        Integer.toString(steps),
                        device,
                        precision,
                        optimizer)
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

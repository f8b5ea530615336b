package chuan.train;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A whole pretraining run of a tiny model on made-up text; also the program that a test kills.
final class TinyRun {
    private TinyRun() {}

    /// Arguments: output folder, steps, device, precision and optimizer.
    public static void main(String[] arguments) throws IOException {
        int steps = Integer.parseInt(arguments[1]);
        run(Path.of(arguments[0]), steps, arguments[2], arguments[3], arguments[4], System.out);
    }

    static boolean run(
            Path output,
            int steps,
            String device,
            String precision,
            String optimizer,
            PrintStream out)
            throws IOException {
        Path file = Files.createTempFile("tiny", ".yaml");
        Files.writeString(
                file,
                """
                output: %s
                model: {vocab: 64, hidden: 32, ff: 64, layers: 2, heads: 2}
                data: {train: [{file: a, weight: 2}, {file: b, weight: 1}]}
                steps: %d
                device: %s
                precision: %s
                threads: 1
                batch: {sequences: 4, tokens: 32, accumulation: 2}
                schedule: {kind: wsd, warmupSteps: 5, decaySteps: 20}
                optimizer: {kind: %s, learningRate: 0.01}
                evaluation: {everySteps: 50, tokens: 512}
                checkpoints: {everySteps: 10, keep: 4}
                """
                        .formatted(output, steps, device, precision, optimizer));
        TrainConfig config = ConfigFile.read(file, "pretrain.yaml");
        Files.delete(file);
        List<TokenSource> sources =
                List.of(ArraySource.madeUp(4000, 64, 1), ArraySource.madeUp(1500, 64, 2));
        var heldOut =
                HeldOutSet.of(
                        "made-up",
                        ArraySource.madeUp(700, 64, 3),
                        Optional.empty(),
                        config.batch(),
                        config.evaluation().tokens());
        return Pretrain.run(config, sources, List.of(heldOut), AvailableMemory.UNLIMITED, out);
    }
}

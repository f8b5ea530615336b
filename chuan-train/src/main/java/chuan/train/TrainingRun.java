package chuan.train;

import chuan.files.GenerationConfig;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import chuan.torch.Libtorch;
import chuan.torch.TorchParameters;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// What pretraining and fine-tuning share around the [Trainer]: the folder of the run, loading,
/// stopping, the curve and the finished model.
///
/// @param extraFiles copied into every model folder, such as the tokenizer
/// @param data what is learned from
/// @param heldOut what is measured
record TrainingRun(
        TrainConfig config,
        ModelConfig model,
        Weights.Source<Tensor> initial,
        GenerationConfig generation,
        List<Path> extraFiles,
        SampleReader data,
        List<HeldOutSet> heldOut) {

    /// Trains, or goes on training, until the last step or a request to stop.
    ///
    /// @return whether the last step was reached
    boolean run(PrintStream out) {
        Path folder = Path.of(config.output());
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.yaml"), ConfigFile.write(config));
        } catch (IOException e) {
            throw new TrainingException(folder + ": cannot be written (" + e.getMessage() + ")", e);
        }
        Path metrics = folder.resolve("metrics.jsonl");
        var log = new TrainingLog(metrics, out);
        boolean bf16 = usesBf16(config.precision());
        var checkpoint =
                new Checkpoint(folder.resolve("checkpoints"), model, generation, extraFiles);
        try (var stop = new StopSignal();
                var parameters = new TorchParameters(model, initial);
                var optimizer = new AdamW(config.optimizer(), parameters.byName());
                var trainStep = new TrainStep(model, parameters, bf16)) {
            int steps = steps();
            introduce(log, parameters, bf16, steps);
            var trainer =
                    new Trainer(
                            config,
                            steps,
                            parameters,
                            trainStep,
                            optimizer,
                            data,
                            heldOut,
                            checkpoint,
                            log);
            trainer.resume();
            boolean finished = trainer.run(stop);
            if (Files.exists(metrics)) {
                LossCurve.draw(metrics, folder.resolve("curve.png"));
            }
            if (finished) {
                checkpoint.export(folder.resolve("model"), parameters);
                log.say("Wrote " + folder.resolve("model") + ".");
            } else {
                log.say("Stopped; the same command goes on from the checkpoint.");
            }
            return finished;
        }
    }

    private void introduce(TrainingLog log, TorchParameters parameters, boolean bf16, int steps) {
        log.say(
                "%,d parameters, %,d steps of %,d tokens, matrix products in %s."
                        .formatted(
                                parameters.count(),
                                steps,
                                config.batch().tokensPerStep(),
                                bf16 ? "bf16" : "fp32"));
        var missing = Libtorch.missingEnvironment();
        if (!missing.isEmpty()) {
            log.say(
                    "Slower than possible: %s not set (the launcher sets them)."
                            .formatted(String.join(", ", missing)));
        }
    }

    private int steps() {
        if (config.epochs() == 0) {
            return config.steps();
        }
        long perStep = (long) config.batch().sequences() * config.batch().accumulation();
        return Math.toIntExact(
                (long) Math.ceil(config.epochs() * data.sequencesPerEpoch() / perStep));
    }

    private static boolean usesBf16(String precision) {
        return switch (precision) {
            case "bf16" -> true;
            case "auto" -> Libtorch.hasFastBf16();
            default -> false;
        };
    }
}

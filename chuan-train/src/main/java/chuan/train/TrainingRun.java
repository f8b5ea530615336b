package chuan.train;

import chuan.autograd.TrainingMemory;
import chuan.files.GenerationConfig;
import chuan.model.ModelConfig;
import chuan.model.Weights;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What pretraining and fine-tuning share around the [Trainer]: the folder of the run, loading,
/// stopping, the curve and the finished model.
///
/// @param extraFiles copied into every model folder, such as the tokenizer
/// @param data what is learned from
/// @param heldOut what is measured
/// @param available checked against what is needed, where that is known
record TrainingRun(
        TrainConfig config,
        ModelConfig model,
        Weights.Source<float[]> initial,
        GenerationConfig generation,
        List<Path> extraFiles,
        SampleReader data,
        List<HeldOutSet> heldOut,
        AvailableMemory available) {

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
        var checkpoint =
                new Checkpoint(folder.resolve("checkpoints"), model, generation, extraFiles);
        try (var stop = new StopSignal();
                var learner = learner(log)) {
            int steps = steps();
            introduce(log, learner, steps);
            var trainer = new Trainer(config, steps, learner, data, heldOut, checkpoint, log);
            trainer.resume();
            boolean finished = trainer.run(stop);
            if (Files.exists(metrics)) {
                LossCurve.draw(metrics, folder.resolve("curve.png"));
            }
            if (finished) {
                checkpoint.export(folder.resolve("model"), learner);
                log.say("Wrote " + folder.resolve("model") + ".");
            } else {
                log.say("Stopped; the same command goes on from the checkpoint.");
            }
            return finished;
        }
    }

    private Learner learner(TrainingLog log) {
        if (config.device().equals("cpu")) checkMemory(log);
        return Learners.of(
                config.device(),
                config.precision(),
                config.threads(),
                config.recompute(),
                model,
                initial,
                config.optimizer());
    }

    private void checkMemory(TrainingLog log) {
        var check = new MemoryCheck(memory(config.recompute()), available);
        check.refuseIfTooMuch(memory(true));
        log.say(check.describe());
    }

    private TrainingMemory memory(boolean recompute) {
        return CpuLearner.memory(
                model, config.batch(), config.threads(), config.precision(), recompute);
    }

    private void introduce(TrainingLog log, Learner learner, int steps) {
        log.say(
                "%,d parameters, %,d steps of %,d tokens; %s."
                        .formatted(
                                learner.count(),
                                steps,
                                config.batch().tokensPerStep(),
                                learner.description()));
    }

    private int steps() {
        if (config.epochs() == 0) {
            return config.steps();
        }
        long perStep = (long) config.batch().sequences() * config.batch().accumulation();
        return Math.toIntExact(
                (long) Math.ceil(config.epochs() * data.sequencesPerEpoch() / perStep));
    }
}

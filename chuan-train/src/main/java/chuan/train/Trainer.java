package chuan.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// The loop: batches, gradients, clipping, optimizer; evaluation and checkpoints in between. The
/// same for pretraining and fine-tuning, which differ in their [SampleReader] alone.
///
/// On a CPU the numbers of a step depend on nothing but the state that checkpoints keep: a run that
/// was cut and resumed ends with the same bits as one that was not.
final class Trainer {
    private final TrainConfig config;
    private final int steps;
    private final Learner learner;
    private final LrSchedule schedule;
    private final SampleReader reader;
    private final List<HeldOutSet> heldOut;
    private final Checkpoint checkpoint;
    private final TrainingLog log;

    private int step;
    private long tokens;
    private double seconds;

    Trainer(
            TrainConfig config,
            int steps,
            Learner learner,
            SampleReader reader,
            List<HeldOutSet> heldOut,
            Checkpoint checkpoint,
            TrainingLog log) {
        this.config = config;
        this.steps = steps;
        this.learner = learner;
        this.reader = reader;
        this.heldOut = heldOut;
        this.checkpoint = checkpoint;
        this.log = log;
        schedule = LrSchedule.of(config.schedule());
    }

    /// Goes on from the newest checkpoint, if there is one.
    void resume() {
        checkpoint
                .latest()
                .ifPresent(folder -> {
                    var state = Checkpoint.load(folder, learner);
                    if (state.seed() != config.seed()) {
                        throw new TrainingException(
                                "%s was started with seed %d, the configuration says %d"
                                        .formatted(folder, state.seed(), config.seed()));
                    }
                    reader.resume(state.data());
                    step = state.step();
                    tokens = state.tokens();
                    seconds = state.seconds();
                    log.say("Resuming " + folder + ".");
                });
    }

    /// Trains to the last step, or until `stop` is requested; ends with a checkpoint either way.
    ///
    /// @return whether the last step was reached
    boolean run(StopSignal stop) {
        double tokensPerSecond = 0;
        while (step < steps && !stop.requested()) {
            long start = System.nanoTime();
            double factor = schedule.factor(step, steps);
            double learningRate = config.optimizer().learningRate() * factor;
            Result result = step(learningRate);
            step++;
            tokens += result.rows();
            double took = (System.nanoTime() - start) / 1e9;
            seconds += took;
            double speed = result.rows() / took;
            tokensPerSecond = tokensPerSecond == 0 ? speed : 0.95 * tokensPerSecond + 0.05 * speed;
            log.step(
                    new TrainingLog.Step(
                            step,
                            steps,
                            tokens,
                            result.loss(),
                            result.gradientNorm(),
                            learningRate,
                            tokensPerSecond,
                            (steps - step) * (double) result.rows() / tokensPerSecond));
            if (!Double.isFinite(result.loss())) {
                throw new TrainingException(
                        "loss is "
                                + result.loss()
                                + " at step "
                                + step
                                + "; the last checkpoint is"
                                + " kept. Lower optimizer.learningRate or optimizer.clip");
            }
            int every = config.evaluation().everySteps();
            if (every > 0 && step % every == 0 && step < steps) {
                evaluate();
            }
            if (step % config.checkpoints().everySteps() == 0) {
                save();
            }
        }
        save();
        if (step >= steps) {
            evaluate();
        }
        return step >= steps;
    }

    /// @param loss mean over the labels, in nats
    /// @param rows tokens read, labelled or not
    record Result(double loss, double gradientNorm, long rows) {}

    /// One optimizer step over `accumulation` batches.
    Result step(double learningRate) {
        var batches = new ArrayList<TrainBatch>();
        long labels = 0;
        long rows = 0;
        for (int i = 0; i < config.batch().accumulation(); i++) {
            TrainBatch batch = reader.next(config.batch().sequences());
            batches.add(batch);
            labels += batch.labelledRows().length;
            rows += batch.shape().rows();
        }
        if (labels == 0) {
            return new Result(0, 0, rows);
        }
        double sum = 0;
        for (TrainBatch batch : batches) {
            sum += learner.backward(batch, labels);
        }
        return new Result(sum / labels, learner.step(learningRate), rows);
    }

    private void evaluate() {
        if (heldOut.isEmpty()) {
            return;
        }
        var results = new LinkedHashMap<String, HeldOutSet.Result>();
        for (HeldOutSet set : heldOut) {
            results.put(set.name(), set.measure(learner));
        }
        log.evaluation(step, tokens, results);
    }

    private void save() {
        checkpoint.save(
                new Checkpoint.State(step, tokens, seconds, config.seed(), reader.state()),
                learner,
                config.checkpoints().keep());
    }
}

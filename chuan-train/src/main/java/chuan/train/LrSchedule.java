package chuan.train;

/// The learning rate of each step: a linear warm-up, then one of three ways down.
public sealed interface LrSchedule {
    /// Factor on the configured learning rate of `step`, counted from 0, in a run of `steps`.
    double factor(int step, int steps);

    /// Half a cosine from the end of the warm-up to `finalFraction` at the last step (Loshchilov
    /// and Hutter 2017).
    record Cosine(int warmupSteps, double finalFraction) implements LrSchedule {
        @Override
        public double factor(int step, int steps) {
            if (step < warmupSteps) {
                return warmup(step, warmupSteps);
            }
            double done = (step - warmupSteps) / Math.max(1.0, steps - 1 - warmupSteps);
            double cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
            return finalFraction + (1 - finalFraction) * cosine;
        }
    }

    /// Warm-up, stable, decay (Hu et al. 2024): full rate until `decaySteps` before the end, then a
    /// straight line to `finalFraction`. A run may be stopped and resumed with more or fewer steps:
    /// nothing before the decay depends on how many there are.
    record WarmupStableDecay(int warmupSteps, int decaySteps, double finalFraction)
            implements LrSchedule {
        @Override
        public double factor(int step, int steps) {
            if (step < warmupSteps) {
                return warmup(step, warmupSteps);
            }
            int left = steps - 1 - step;
            return left >= decaySteps
                    ? 1
                    : finalFraction + (1 - finalFraction) * left / Math.max(1, decaySteps);
        }
    }

    /// Full rate after the warm-up.
    record Constant(int warmupSteps) implements LrSchedule {
        @Override
        public double factor(int step, int steps) {
            return step < warmupSteps ? warmup(step, warmupSteps) : 1;
        }
    }

    private static double warmup(int step, int warmupSteps) {
        return (step + 1.0) / warmupSteps;
    }

    static LrSchedule of(TrainConfig.Schedule s) {
        return switch (s.kind()) {
            case "cosine" -> new Cosine(s.warmupSteps(), s.finalFraction());
            case "wsd" -> new WarmupStableDecay(s.warmupSteps(), s.decaySteps(), s.finalFraction());
            case "constant" -> new Constant(s.warmupSteps());
            default ->
                    throw new TrainingException(
                            "schedule.kind must be cosine, wsd or constant, not " + s.kind());
        };
    }
}

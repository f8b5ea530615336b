package chuan.engine;

/// How long a step of so many rows takes, learned from those that were run. What a row costs
/// depends on the machine, the model and on how many share the reading of the weights, so it is
/// measured, in classes of sizes that double. One thread at a time.
final class StepTimes {
    private static final int CLASSES = 16;

    /// Of a new time in the mean of its class.
    private static final double WEIGHT = 0.2;

    private final double[] rows = new double[CLASSES];
    private final double[] seconds = new double[CLASSES];

    void observe(int stepRows, double stepSeconds) {
        int c = Math.min(CLASSES - 1, 31 - Integer.numberOfLeadingZeros(stepRows));
        boolean first = rows[c] == 0;
        rows[c] += (stepRows - rows[c]) * (first ? 1 : WEIGHT);
        seconds[c] += (stepSeconds - seconds[c]) * (first ? 1 : WEIGHT);
    }

    boolean isEmpty() {
        for (double r : rows) if (r > 0) return false;
        return true;
    }

    /// Between two sizes that are known, on the line between them. A step is never held for slower
    /// than a larger one, nor a row of it for slower than one of a smaller step, so that a time
    /// that was bad by chance heals.
    double seconds(int stepRows) {
        double below = 0;
        double belowRows = 0;
        double above = Double.POSITIVE_INFINITY;
        double aboveRows = 0;
        double most = Double.POSITIVE_INFINITY;
        for (int c = 0; c < CLASSES; c++) {
            if (rows[c] == 0) continue;
            if (rows[c] <= stepRows) {
                most = Math.min(most, seconds[c] * stepRows / rows[c]);
                below = seconds[c];
                belowRows = rows[c];
            } else {
                if (aboveRows == 0) {
                    above = seconds[c];
                    aboveRows = rows[c];
                }
                most = Math.min(most, seconds[c]);
            }
        }
        if (belowRows > 0 && aboveRows > 0) {
            double part = (stepRows - belowRows) / (aboveRows - belowRows);
            return Math.min(most, below + part * (above - below));
        }
        return most == Double.POSITIVE_INFINITY ? 0 : most;
    }
}

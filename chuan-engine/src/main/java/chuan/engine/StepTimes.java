package chuan.engine;

/// How long a step of so many rows takes, learned from those that were run. What a row costs
/// depends on the machine, the model and on how many share the reading of the weights, so it is
/// measured: by itself for each size up to fifteen rows, and beyond in eight classes per doubling.
/// One thread at a time.
final class StepTimes {
    private static final int EXACT = 16;
    private static final int LARGEST = 1 << 15;
    private static final int CLASSES = classOf(LARGEST) + 1;

    /// Of a new time in the mean of its class.
    private static final double WEIGHT = 0.2;

    private final double[] rows = new double[CLASSES];
    private final double[] seconds = new double[CLASSES];

    /// Classes that were seen, ascending.
    private final int[] known = new int[CLASSES];

    private int count;

    private static int classOf(int stepRows) {
        if (stepRows < EXACT) return stepRows;
        int power = 31 - Integer.numberOfLeadingZeros(Math.min(stepRows, LARGEST));
        return EXACT + 8 * (power - 4) + ((stepRows >> (power - 3)) & 7);
    }

    void observe(int stepRows, double stepSeconds) {
        int c = classOf(stepRows);
        boolean first = rows[c] == 0;
        if (first) insert(c);
        rows[c] += (stepRows - rows[c]) * (first ? 1 : WEIGHT);
        seconds[c] += (stepSeconds - seconds[c]) * (first ? 1 : WEIGHT);
    }

    private void insert(int c) {
        int at = count++;
        for (; at > 0 && known[at - 1] > c; at--) known[at] = known[at - 1];
        known[at] = c;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /// Between two sizes that are known, on the line between them; 0 if nothing is known. A step is
    /// never held for slower than a larger one, nor a row of it for slower than one of a smaller
    /// step, so that a time that was bad by chance heals.
    double seconds(int stepRows) {
        double below = 0;
        double belowRows = 0;
        double above = 0;
        double aboveRows = 0;
        double most = Double.POSITIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            int c = known[i];
            if (rows[c] <= stepRows) {
                most = Math.min(most, seconds[c] * stepRows / rows[c]);
                below = seconds[c];
                belowRows = rows[c];
            } else {
                most = Math.min(most, seconds[c]);
                if (aboveRows > 0) continue;
                above = seconds[c];
                aboveRows = rows[c];
            }
        }
        if (count == 0) return 0;
        if (belowRows == 0 || aboveRows == 0) return most;
        double part = (stepRows - belowRows) / (aboveRows - belowRows);
        return Math.min(most, below + part * (above - below));
    }
}

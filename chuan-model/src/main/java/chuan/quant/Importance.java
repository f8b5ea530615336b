package chuan.quant;

/// Makes weights for [MatrixQuantizer] of the mean squares of a linear's input columns. An error in
/// column `k` of the matrix changes the output by itself times that input, so one would count its
/// square by the input's mean square. Measured, the root of that is better: errors of a block add
/// up with signs, and steep weights spend the block's one scale on few columns (docs/LOG.md has the
/// numbers).
public final class Importance {
    /// Of the mean: columns that calibration never saw move still matter a little.
    private static final double FLOOR = 1e-3;

    private Importance() {}

    /// With mean 1 and no entry below a thousandth of it; all alike if there is nothing to go by.
    public static float[] of(double[] meanSquares) {
        double sum = 0;
        for (double m : meanSquares) sum += Math.sqrt(m);
        double mean = sum / meanSquares.length;
        var out = new float[meanSquares.length];
        for (int k = 0; k < out.length; k++)
            out[k] =
                    mean > 0 && Double.isFinite(mean)
                            ? (float) Math.max(FLOOR, Math.sqrt(meanSquares[k]) / mean)
                            : 1;
        return out;
    }
}

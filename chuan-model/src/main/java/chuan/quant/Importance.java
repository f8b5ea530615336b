package chuan.quant;

/// Makes weights for [MatrixQuantizer] of the mean squares of a linear's input columns: an error in
/// column `k` of the matrix changes the output by itself times that input, so its square counts by
/// the input's mean square.
public final class Importance {
    /// Of the mean: columns that calibration never saw move still matter a little.
    private static final double FLOOR = 1e-3;

    private Importance() {}

    /// With mean 1 and no entry below a thousandth of it; all alike if there is nothing to go by.
    public static float[] of(double[] meanSquares) {
        double sum = 0;
        for (double m : meanSquares) sum += m;
        double mean = sum / meanSquares.length;
        var out = new float[meanSquares.length];
        for (int k = 0; k < out.length; k++)
            out[k] =
                    mean > 0 && Double.isFinite(mean)
                            ? (float) Math.max(FLOOR, meanSquares[k] / mean)
                            : 1;
        return out;
    }
}

package chuan.quant;

/// Sums of squares over a matrix or several: what quantization lost and what there was. Any thread
/// may add.
public final class ErrorSum {
    private double error;
    private double power;

    public synchronized void add(double squaredError, double squaredValues) {
        error += squaredError;
        power += squaredValues;
    }

    public synchronized void add(ErrorSum other) {
        add(other.error, other.power);
    }

    /// Root mean square of the error relative to that of the values; 0 if all were zero.
    public synchronized double relative() {
        return power == 0 ? 0 : Math.sqrt(error / power);
    }

    /// False as soon as one value was NaN, infinite or too large for its square.
    public synchronized boolean isFinite() {
        return Double.isFinite(error) && Double.isFinite(power);
    }
}

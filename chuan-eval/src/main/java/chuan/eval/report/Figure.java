package chuan.eval.report;

/// A figure and where it lies with 95 %.
public record Figure(double value, Interval interval) {
    /// What is so by definition.
    public static Figure exactly(double value) {
        return new Figure(value, new Interval(value, value));
    }
}

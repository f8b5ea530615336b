package chuan.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Repetitions of one measurement.
///
/// @param values in the order in which they were taken; at least one
public record Sample(List<Double> values) {
    public Sample {
        values = List.copyOf(values);
        if (values.isEmpty()) throw new IllegalArgumentException("nothing was measured");
    }

    public static Sample of(double... values) {
        return new Sample(java.util.Arrays.stream(values).boxed().toList());
    }

    /// The middle one, or the mean of the two in the middle.
    public double median() {
        var sorted = new ArrayList<>(values);
        sorted.sort(null);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    public double least() {
        return values.stream().mapToDouble(v -> v).min().orElseThrow();
    }

    public double most() {
        return values.stream().mapToDouble(v -> v).max().orElseThrow();
    }

    /// Round by round, each of these over the other's of the same round.
    ///
    /// @throws IllegalArgumentException if there are not as many
    public Sample over(Sample other) {
        if (values.size() != other.values.size())
            throw new IllegalArgumentException(
                    values.size() + " rounds meet " + other.values.size());
        return new Sample(
                IntStream.range(0, values.size())
                        .mapToObj(i -> values.get(i) / other.values.get(i))
                        .toList());
    }
}

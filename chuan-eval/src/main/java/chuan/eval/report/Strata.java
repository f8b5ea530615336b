package chuan.eval.report;

import chuan.eval.Grouping;
import chuan.eval.report.PaperFigures.Mean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The values of the questions by subject, averaged over groups of subjects: credits, or
/// differences of credits between two runs.
final class Strata {
    private final List<String> names;
    private final List<double[]> values;
    private final boolean credits;

    /// @param credits whether the values are credits, not differences of them
    Strata(Map<String, double[]> bySubject, boolean credits) {
        this.credits = credits;
        names = List.copyOf(bySubject.keySet());
        values = List.copyOf(bySubject.values());
    }

    /// @param strata indices of the subjects that are there
    /// @param missing how many of its subjects are not
    record Group(String name, int[] strata, int missing) {}

    List<Group> groups(List<Grouping.Column> columns) {
        return columns.stream().map(this::group).toList();
    }

    private Group group(Grouping.Column column) {
        int[] here =
                column.subjects().stream()
                        .mapToInt(names::indexOf)
                        .filter(index -> index >= 0)
                        .toArray();
        return new Group(column.name(), here, column.subjects().size() - here.length);
    }

    Mean micro(Group group, Bootstrap bootstrap) {
        double[] all = all(group);
        if (all.length == 0) return Mean.NONE;
        return new Mean(
                mean(group, false), equal(all) ? ofEqual(all) : bootstrap.mean(all), all.length);
    }

    /// The interval of Wilson of the micro average of credits.
    Interval wilson(Group group) {
        double[] all = all(group);
        return all.length == 0
                ? Mean.NONE.interval()
                : Interval.wilson(Math.min(sum(all), all.length), all.length);
    }

    List<Mean> macro(List<Group> groups, Bootstrap bootstrap) {
        var there = groups.stream().filter(group -> group.strata().length > 0).toList();
        var intervals = bootstrap.meansOfMeans(values, there.stream().map(Group::strata).toList());
        var means = new ArrayList<Mean>();
        for (Group group : groups) {
            int at = there.indexOf(group);
            means.add(at < 0 ? Mean.NONE : macro(group, intervals.get(at)));
        }
        return means;
    }

    private Mean macro(Group group, Interval interval) {
        double[] all = all(group);
        double mean = mean(group, true);
        if (equal(all)) return new Mean(mean, ofEqual(all), all.length);
        // subjects that are each all right or all wrong: no draw differs here either
        boolean certain = credits && interval.low() == interval.high();
        return new Mean(
                mean,
                certain ? Interval.wilson(mean * all.length, all.length) : interval,
                all.length);
    }

    /// NaN where nothing was asked.
    double mean(Group group, boolean macro) {
        double sum = 0;
        for (int s : group.strata()) sum += sum(values.get(s)) / (macro ? values.get(s).length : 1);
        return sum / (macro ? group.strata().length : all(group).length);
    }

    private double[] all(Group group) {
        return Arrays.stream(group.strata())
                .mapToObj(values::get)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    private static boolean equal(double[] values) {
        return Arrays.stream(values).allMatch(value -> value == values[0]);
    }

    /// For credits what Wilson says; equal differences show no difference but their own.
    private Interval ofEqual(double[] values) {
        return credits
                ? Interval.wilson(values[0] * values.length, values.length)
                : new Interval(values[0], values[0]);
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) sum += value;
        return sum;
    }
}

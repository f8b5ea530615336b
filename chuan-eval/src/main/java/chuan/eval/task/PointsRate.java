package chuan.eval.task;

import chuan.eval.Examination.Measure;
import chuan.eval.Grouping;
import chuan.eval.Result;
import chuan.eval.report.Bootstrap;
import chuan.eval.report.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The points that were won over those that there are, as GAOKAO-Bench counts
/// (`Bench/bench_function.py`): a question of several parts has the points of its file for each.
///
/// @param points of each part of a question, by subject
record PointsRate(Map<String, Double> points) {
    private static final Bootstrap BOOTSTRAP = Bootstrap.DEFAULT;
    private static final String UNIT = "rate of points, %";

    PointsRate {
        points = Map.copyOf(points);
    }

    /// One for each column that was asked, and one over all.
    List<Measure> measures(Grouping grouping, List<Result> results) {
        var measures = new ArrayList<Measure>();
        for (var column : grouping.columns()) {
            var of = results.stream().filter(r -> column.subjects().contains(r.subject())).toList();
            if (!of.isEmpty()) measures.add(measure(column.name(), of));
        }
        if (!results.isEmpty()) measures.add(measure("all", results));
        return measures;
    }

    private Measure measure(String name, List<Result> results) {
        var won = new double[results.size()];
        var all = new double[results.size()];
        double sumOfWon = 0;
        double sumOfAll = 0;
        for (int i = 0; i < won.length; i++) {
            var result = results.get(i);
            all[i] = points.getOrDefault(result.subject(), 0.0) * result.key().size();
            won[i] = all[i] * result.verdict().credit();
            sumOfWon += won[i];
            sumOfAll += all[i];
        }
        double rate = sumOfWon / sumOfAll;
        var drawn = BOOTSTRAP.ratio(won, all);
        // where all credits are equal, no draw differs
        var interval =
                drawn.low() < drawn.high()
                        ? drawn
                        : Interval.wilson(Math.min(rate, 1) * won.length, won.length);
        return new Measure(
                name, UNIT, 100 * rate, 100 * interval.low(), 100 * interval.high(), won.length);
    }
}

package chuan.eval.report;

import chuan.eval.Result;
import java.util.ArrayList;
import java.util.List;

/// Whether a model is right as often as it is sure. Its confidence is the softmax over the scores
/// of the options, at the largest; what it means follows from the scores: for letters and plain
/// likelihoods a probability among the options, for scores that are divided by a length only an
/// order.
///
/// @param bins of equal width, from 0 to 1
/// @param error the expected calibration error: the mean distance between confidence and accuracy
///   over the bins, weighted by their questions (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et
///   al., ICML 2017). NaN without questions
/// @param questions that count: those with scores
public record Calibration(List<Bin> bins, double error, long questions) {
    public static final int BINS = 10;

    public Calibration {
        bins = List.copyOf(bins);
    }

    /// Questions whose confidence is in `[low, high)`; in the last bin, 1 too.
    ///
    /// @param confidence mean of it; NaN without questions
    /// @param accuracy mean credit; NaN without questions
    public record Bin(
            double low, double high, long questions, double confidence, double accuracy) {}

    public static Calibration of(List<Result> results, int bins) {
        var count = new long[bins];
        var confidence = new double[bins];
        var credit = new double[bins];
        long all = 0;
        for (Result result : results) {
            double sure = confidence(result.verdict().scores());
            if (Double.isNaN(sure)) continue;
            int bin = Math.min(bins - 1, (int) (sure * bins));
            all++;
            count[bin]++;
            confidence[bin] += sure;
            credit[bin] += result.verdict().credit();
        }
        var list = new ArrayList<Bin>();
        double error = 0;
        for (int i = 0; i < bins; i++) {
            list.add(
                    new Bin(
                            (double) i / bins,
                            (i + 1.0) / bins,
                            count[i],
                            confidence[i] / count[i],
                            credit[i] / count[i]));
            error += Math.abs(confidence[i] - credit[i]);
        }
        return new Calibration(list, all == 0 ? Double.NaN : error / all, all);
    }

    /// The softmax of the largest score; NaN where there are no two to compare.
    static double confidence(List<Double> scores) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) largest = Math.max(largest, score);
        if (scores.size() < 2 || Double.isInfinite(largest)) return Double.NaN;
        double sum = 0;
        for (double score : scores) sum += Math.exp(score - largest);
        return 1 / sum;
    }
}

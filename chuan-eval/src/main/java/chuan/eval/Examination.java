package chuan.eval;

import java.util.List;
import java.util.Map;

/// All that came out of one run of `chuan eval`, and all that is needed to judge it: the file that
/// reports and comparisons are made of.
///
/// @param version of this format
/// @param facts about program, command, machine and examinee, in the order to be shown
/// @param papers one for each task, in the order asked for
public record Examination(int version, Map<String, Object> facts, List<Paper> papers) {
    public static final int VERSION = 1;

    /// One task of it.
    ///
    /// @param facts protocol, split, shots, letter tokens, template, truncation, averaging, seed,
    ///   version of the task, hashes of its files, in the order to be shown
    /// @param chance credit that guessing would give, from 0 to 1; NaN if that means nothing here
    /// @param titles of the subjects for people, by their names
    /// @param results in the order of the questions; empty for tasks that only measure
    /// @param measures figures that are no average of credits, such as bits per byte
    public record Paper(
            String task,
            String title,
            Map<String, Object> facts,
            Grouping grouping,
            double chance,
            Map<String, String> titles,
            List<Result> results,
            List<Measure> measures) {
        public Paper {
            results = List.copyOf(results);
            measures = List.copyOf(measures);
        }
    }

    /// One figure with its interval of 95 %.
    ///
    /// @param of what part of the task
    /// @param unit such as `bits per byte`, `chrF`
    /// @param low NaN, as is `high`, if there is none
    /// @param count of documents, questions … it was computed of
    public record Measure(
            String of, String unit, double value, double low, double high, long count) {}

    public Examination {
        papers = List.copyOf(papers);
    }
}

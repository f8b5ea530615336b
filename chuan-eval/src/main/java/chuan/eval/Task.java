package chuan.eval;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// A benchmark: its files, its protocols, its table. Immutable.
public interface Task {
    /// As on the command line: `cmmlu`.
    String name();

    /// As people write it: `CMMLU`.
    String title();

    Grouping grouping();

    /// Names of subjects for people.
    Map<String, String> titles();

    /// Credit that guessing gives; NaN if that means nothing.
    double chance();

    /// What the settings came to: protocol, split, shots, letter tokens, rules …, in the order to
    /// be shown. Of the same settings the same.
    Map<String, Object> facts();

    /// The questions in the order of subjects and rows.
    ///
    /// @param countTokens of a text by the tokenizer of the examinee, for rules that drop examples
    /// @throws IOException naming file, row and column of what is wrong with the set
    List<Exercise> exercises(ToIntFunction<String> countTokens) throws IOException;

    /// Figures of all questions together that are no average of credits.
    default List<Examination.Measure> measures(List<Result> results) {
        return List.of();
    }
}

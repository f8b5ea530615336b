package chuan.eval.extract;

import java.util.HashSet;
import java.util.List;

/// What answers are worth beside the key, from 0 to 1. Pure.
@FunctionalInterface
public interface Comparison {
    /// @param answers as an [AnswerReader] found them, at least one
    /// @param key right answers in the words of the task
    double credit(List<String> answers, List<String> key);

    /// The last answer is one of the key's.
    Comparison EQUAL = (answers, key) -> key.contains(answers.getLast()) ? 1 : 0;

    /// Just the answers of the key, in any order and however often: all or nothing.
    Comparison SAME_SET =
            (answers, key) -> new HashSet<>(answers).equals(new HashSet<>(key)) ? 1 : 0;

    /// The last answer is the same mathematics as one of the key's.
    Comparison SAME_MATH =
            (answers, key) ->
                    key.stream().anyMatch(k -> MathForm.equal(answers.getLast(), k)) ? 1 : 0;
}

package chuan.eval.extract;

import java.util.List;

/// Finds the answer in what a model wrote. Pure, and fast for every text of the length that
/// [WrittenJudge] lets through.
@FunctionalInterface
public interface AnswerReader {
    /// @return the answers found, one as a rule, several where a question has several; empty if the
    ///   text holds none
    List<String> read(String reply);
}

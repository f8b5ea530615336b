package chuan.eval.task;

import chuan.eval.Examination.Paper;
import chuan.eval.Verdict;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The choices of an examination whose key only the authors of the set have, in the form that the
/// site of C-Eval takes: subject, row, letter.
public final class Submission {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Submission() {}

    /// Whether nobody here can say what is right.
    public static boolean isFor(Paper paper) {
        return !paper.results().isEmpty()
                && paper.results().stream().allMatch(result -> result.key().isEmpty());
    }

    /// Questions without an answer are left out: that counts as wrong, and a guess would not be the
    /// model's.
    public static String json(Paper paper) {
        var subjects = new LinkedHashMap<String, Map<String, String>>();
        for (var result : paper.results()) {
            var answers = subjects.computeIfAbsent(result.subject(), _ -> new LinkedHashMap<>());
            if (result.verdict().outcome() == Verdict.Outcome.ANSWERED)
                answers.put(String.valueOf(result.index()), result.verdict().choice());
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(subjects) + "\n";
    }
}

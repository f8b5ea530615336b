package chuan.eval.extract;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The rule of CMMLU's `extract_choice` (`src/mp_utils.py` of haonan-li/CMMLU), for answers in
/// Chinese: a first character that is a letter; else phrases of "the answer is", the first that
/// occurs anywhere, in a fixed order; else the letter said to be right; else a weak phrase; else
/// the only letter there is. Where the original then draws a letter by lot there is no answer here.
///
/// It is generous and has its follies, which belong to the protocol: `Based on …` is B.
public final class CmmluReader implements AnswerReader {
    private static final String LETTER = "([ABCD])";

    /// `~` stands for the letter.
    private static final List<Pattern> PHRASES =
            phrases(
                    "答案(?:选项)?[是为]：? ?~",
                    "答案[是为]选项 ?~",
                    "选择?：? ?~",
                    "~ ?选?项[是为]?正确",
                    "正确的?选项[是为] ?~",
                    "答案(?:应该)?[是为]~",
                    "选项 ?~ ?[是为]?正确",
                    "选择答案 ?~",
                    "答案?：?~",
                    "~(?:选?项)?是?符合题意",
                    "答案选项：? ?~",
                    "答案(?:选项)?为.*?~");

    private static final List<String> VERDICTS = List.of("当选", "正确");
    private static final Pattern WEAK = phrases("[^不]是：? ?~").getFirst();
    private static final Pattern ONLY = Python.pattern("[^ABCD]*([ABCD])[^ABCD]*");

    private static List<Pattern> phrases(String... phrases) {
        return List.of(phrases).stream()
                .map(phrase -> Python.pattern(phrase.replace("~", LETTER)))
                .toList();
    }

    @Override
    public List<String> read(String reply) {
        return Python.list(choice(reply));
    }

    private static Optional<String> choice(String reply) {
        if (!reply.isEmpty() && isLetter(reply.charAt(0)))
            return Optional.of(reply.substring(0, 1));
        for (var phrase : PHRASES) {
            var found = Python.first(phrase, reply);
            if (found.isPresent()) return found;
        }
        for (String verdict : VERDICTS) {
            var found = before(verdict, reply);
            if (found.isPresent()) return found;
        }
        var weak = Python.first(WEAK, reply);
        if (weak.isPresent()) return weak;
        var only = ONLY.matcher(reply);
        return only.matches() ? Optional.of(only.group(1)) : Optional.empty();
    }

    /// The last letter before the first `verdict` that stands behind a letter on the same line.
    private static Optional<String> before(String verdict, String reply) {
        for (String line : reply.split("\n", -1)) {
            int first = 0;
            while (first < line.length() && !isLetter(line.charAt(first))) first++;
            int end = line.indexOf(verdict, first);
            if (first == line.length() || end < 0) continue;
            for (int at = end - 1; at >= first; at--)
                if (isLetter(line.charAt(at))) return Optional.of(line.substring(at, at + 1));
        }
        return Optional.empty();
    }

    private static boolean isLetter(char c) {
        return c >= 'A' && c <= 'D';
    }
}

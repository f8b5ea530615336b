package chuan.eval.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The rules of AGIEval (`src/post_process.py` of ruixiangcui/AGIEval), by kind of set and setting.
/// Where a model is asked in two stages, the second reply is read.
public record AgievalReader(Kind kind, Setting setting) implements AnswerReader {
    public enum Kind {
        /// One letter, asked for in English.
        ENGLISH,
        /// One letter, asked for in Chinese.
        CHINESE,
        /// Any number of letters, compared as sets.
        SEVERAL,
        /// A piece of mathematics.
        CLOZE
    }

    public enum Setting {
        ZERO_SHOT,
        ZERO_SHOT_COT,
        FEW_SHOT,
        FEW_SHOT_COT;

        boolean examples() {
            return this == FEW_SHOT || this == FEW_SHOT_COT;
        }
    }

    private static final Pattern ENGLISH = Python.pattern("answer is .*?([A-G])");
    private static final Pattern CHINESE = Python.pattern("答案是.*?([A-G])");
    private static final Pattern IN_DOLLARS = Python.pattern("\\$(.*)\\$");
    private static final Pattern NUMBER = Python.pattern("((?:\\$)?\\d+(?:\\.\\d+)?(?![\\w\\d]))");

    /// What is true of the answers of a set of this kind.
    public Comparison comparison() {
        return switch (kind) {
            case ENGLISH, CHINESE -> Comparison.EQUAL;
            case SEVERAL -> Comparison.SAME_SET;
            case CLOZE -> Comparison.SAME_MATH;
        };
    }

    @Override
    public List<String> read(String reply) {
        String read = setting == Setting.FEW_SHOT_COT ? Python.lastLine(reply) : reply;
        return switch (kind) {
            case ENGLISH -> Python.list(letter(ENGLISH, read, reply));
            case CHINESE -> Python.list(letter(CHINESE, read, reply));
            case SEVERAL -> letters(read);
            case CLOZE -> {
                String bare = withoutIntroduction(read);
                var answer = setting.examples() ? Optional.of(bare) : mathematics(bare);
                yield Python.list(answer.filter(a -> !a.isEmpty()));
            }
        };
    }

    /// Behind the phrase that the examples end in, else the first capital of all.
    private Optional<String> letter(Pattern phrase, String read, String all) {
        if (setting.examples()) {
            var found = Python.first(phrase, read);
            if (found.isPresent()) return found;
        }
        return letters(all).stream().findFirst();
    }

    private static List<String> letters(String text) {
        var found = new ArrayList<String>();
        for (char c : text.toCharArray()) if (c >= 'A' && c <= 'F') found.add(String.valueOf(c));
        return found;
    }

    private static String withoutIntroduction(String text) {
        String bare = text;
        for (String introduction : List.of("The answer is therefore", "答案是")) {
            int at = bare.startsWith(introduction) ? 0 : bare.lastIndexOf(introduction);
            if (at >= 0) bare = Python.strip(bare.substring(at + introduction.length()));
        }
        return bare;
    }

    /// What is boxed, else within dollar signs, else behind an equals sign, else the last number.
    private static Optional<String> mathematics(String text) {
        if (text.contains("\\boxed")) return boxed(text);
        var dollars = Python.last(IN_DOLLARS, text).map(AgievalReader::rightSide);
        if (dollars.isPresent() && !dollars.get().isEmpty()) return dollars;
        if (!text.contains("=")) return Python.last(NUMBER, text);
        String side = rightSide(text);
        int end = side.length();
        while (end > 0 && side.charAt(end - 1) == '.') end--;
        side = side.substring(0, end);
        int broken = side.indexOf("\\n");
        return Optional.of(broken < 0 ? side : side.substring(0, broken));
    }

    private static Optional<String> boxed(String text) {
        int from = text.lastIndexOf("\\boxed");
        int depth = 0;
        for (int at = from; at < text.length(); at++) {
            if (text.charAt(at) == '{') depth++;
            if (text.charAt(at) != '}' || --depth != 0) continue;
            String box = text.substring(from, at + 1);
            return box.startsWith("\\boxed{")
                    ? Optional.of(rightSide(box.substring("\\boxed{".length(), box.length() - 1)))
                    : Optional.empty();
        }
        return Optional.empty();
    }

    /// Behind the last equals sign, without the blanks there; all if there is none.
    private static String rightSide(String text) {
        int at = text.lastIndexOf('=');
        if (at < 0) return text;
        int from = at + 1;
        while (from < text.length() && text.charAt(from) == ' ') from++;
        return text.substring(from);
    }
}

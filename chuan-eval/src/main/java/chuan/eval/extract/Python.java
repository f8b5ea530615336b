package chuan.eval.extract;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Texts and patterns with the meaning that they have in Python, in which the rules were written
/// first: a line ends at U+000A only; blanks, digits and letters are those of Unicode.
final class Python {
    private Python() {}

    static Pattern pattern(String regex) {
        return Pattern.compile(regex, Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS);
    }

    /// Group 1 of the first place that matches.
    static Optional<String> first(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /// Group 1 of the last of the matches that do not overlap, counted from the beginning.
    static Optional<String> last(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        Optional<String> found = Optional.empty();
        while (matcher.find()) found = Optional.of(matcher.group(1));
        return found;
    }

    static List<String> list(Optional<String> answer) {
        return answer.map(List::of).orElse(List.of());
    }

    static boolean isSpace(int codePoint) {
        return Character.isWhitespace(codePoint)
                || Character.isSpaceChar(codePoint)
                || codePoint == 0x85;
    }

    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isSpace(text.charAt(from))) from++;
        while (to > from && isSpace(text.charAt(to - 1))) to--;
        return text.substring(from, to);
    }

    /// The last line that is not blank; the text itself if all are.
    static String lastLine(String text) {
        for (int end = text.length(); end >= 0; ) {
            int start = text.lastIndexOf('\n', end - 1) + 1;
            String line = text.substring(start, end);
            if (!strip(line).isEmpty()) return line;
            end = start - 1;
        }
        return text;
    }
}

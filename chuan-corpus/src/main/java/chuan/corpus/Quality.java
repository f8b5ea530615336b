package chuan.corpus;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Stage 5: is this text worth reading? Cheap counts over the cleaned text; each threshold was set
/// by looking at what falls just below and just above it. The names of the reasons appear in the
/// report.
final class Quality {
    private Quality() {}

    private static final double LEAST_LETTERS = 0.66;
    private static final double MOST_SYMBOLS = 0.05;
    private static final double MOST_DIGITS = 0.15;
    private static final double MOST_SHORT_LINES = 0.7;
    private static final int LINES_FOR_A_LIST = 8;
    private static final int REPEAT_LENGTH = 20;
    private static final String SYMBOLS = "{}[]<>=/\\|_$#@*+&^~%`";

    /// Why to drop the document, or nothing when it is good.
    static Optional<String> fault(Document document, SourceRules rules) {
        String text = document.text();
        int letters = 0;
        int digits = 0;
        int symbols = 0;
        int visible = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (Character.isWhitespace(c)) {
                continue;
            }
            visible++;
            if (Character.isLetter(c)) {
                letters++;
            } else if (Character.isDigit(c)) {
                digits++;
            } else if (SYMBOLS.indexOf(c) >= 0) {
                symbols++;
            }
        }
        if (letters < rules.shortest()) {
            return Optional.of("too short");
        }
        if (letters < LEAST_LETTERS * visible) {
            return Optional.of("few letters");
        }
        if (symbols > MOST_SYMBOLS * visible) {
            return Optional.of("many symbols");
        }
        if (digits > MOST_DIGITS * visible) {
            return Optional.of("many digits");
        }
        if (!rules.lists() && isList(text)) {
            return Optional.of("list of short lines");
        }
        return repeatedShare(text) > rules.mostRepeated()
                ? Optional.of("repeats itself")
                : Optional.empty();
    }

    private static boolean isList(String text) {
        int lines = 0;
        int shortLines = 0;
        for (String line : text.split("\n")) {
            if (line.isEmpty()) {
                continue;
            }
            lines++;
            int shortLength = Characters.countHan(line) * 2 > line.length() ? 18 : 40;
            if (line.length() <= shortLength
                    && !Characters.endsSentence(line.charAt(line.length() - 1))) {
                shortLines++;
            }
        }
        return lines >= LINES_FOR_A_LIST && shortLines > MOST_SHORT_LINES * lines;
    }

    /// The share of the text that stands in sentences which occurred before in it.
    static double repeatedShare(String text) {
        Map<String, Integer> seen = new HashMap<>();
        long repeated = 0;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            boolean end = i == text.length() || "\n.!?。！？".indexOf(text.charAt(i)) >= 0;
            if (end) {
                String sentence = text.substring(start, i).strip();
                int weight = sentence.length() + Characters.countHan(sentence);
                if (weight >= REPEAT_LENGTH && seen.merge(sentence, 1, Integer::sum) > 1) {
                    repeated += sentence.length();
                }
                start = i + 1;
            }
        }
        return text.isEmpty() ? 0 : (double) repeated / text.length();
    }
}

package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The right answers from what a set says of them.
final class Key {
    private static final String HASHES = "#### ";

    private Key() {}

    /// @param choices options there are
    /// @param place named if the answer cannot be one
    static List<String> of(Columns columns, int choices, String answer, String place) {
        return switch (columns.key()) {
            case LETTERS -> letters(columns, choices, answer, place);
            case LETTERS_OR_TEXT -> choices > 0 ? lenient(choices, answer) : List.of(answer);
            case PARTS -> List.of(part(columns, answer, place));
            case TEXT -> List.of(answer);
            case AFTER_HASHES -> List.of(afterHashes(columns, answer, place));
        };
    }

    private static List<String> letters(Columns columns, int choices, String answer, String place) {
        String text = PythonText.strip(answer).toUpperCase(Locale.ROOT);
        if (text.matches("[0-9]{1,2}")) {
            int index = Integer.parseInt(text);
            if (index < choices) return List.of(Item.letter(index));
        } else if (text.length() <= choices && !text.isEmpty()) {
            var letters = new ArrayList<String>();
            for (int i = 0; i < text.length(); i++) {
                int index = text.charAt(i) - 'A';
                String letter = text.substring(i, i + 1);
                if (index < 0 || index >= choices || letters.contains(letter))
                    throw wrong(columns, choices, answer, place);
                letters.add(letter);
            }
            return letters;
        }
        throw wrong(columns, choices, answer, place);
    }

    /// AGIEval has a key with a full stop among its letters, so that no answer is right: it stays.
    private static List<String> lenient(int choices, String answer) {
        String text = PythonText.strip(answer).toUpperCase(Locale.ROOT);
        boolean letter =
                text.length() == 1 && text.charAt(0) >= 'A' && text.charAt(0) < 'A' + choices;
        return List.of(letter ? text : answer);
    }

    private static String part(Columns columns, String answer, String place) {
        String part = PythonText.strip(answer);
        if (part.matches("[A-Z]+")) return part;
        throw new TaskException(
                place
                        + ", column "
                        + columns.answer()
                        + ": the answer is \""
                        + answer
                        + "\", not letters; mend the row, or leave it out");
    }

    private static TaskException wrong(Columns columns, int choices, String answer, String place) {
        return new TaskException(
                place
                        + ", column "
                        + columns.answer()
                        + ": the answer is \""
                        + answer
                        + "\", not a letter from A to "
                        + Item.letter(Math.max(choices, 1) - 1)
                        + "; mend the row, or leave it out");
    }

    private static String afterHashes(Columns columns, String answer, String place) {
        int at = answer.lastIndexOf(HASHES);
        if (at < 0)
            throw new TaskException(
                    place
                            + ", column "
                            + columns.answer()
                            + ": the answer has no \"#### \" in front of its result; mend the row");
        return PythonText.strip(answer.substring(at + HASHES.length()));
    }
}

package chuan.eval.extract;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Our own rule: the answer is a letter that stands alone, or in one of few forms that leave no
/// doubt. All of the reply, but for blanks around it, has to be one of:
///
/// - the letter, bare, in `( )`, `（ ）`, `[ ]`, `【 】` or `** **`: `B`, `(B)`, `**B**`
/// - behind `答案`, `正确答案`, `答案是`, `答案为`, `选`, `选择`, `选项`, `Answer`, `The answer is`, `The correct
///   answer is`, with or without a colon: `答案是：B`, `The answer is (B).`
/// - followed by its own option, word for word: `B. 长江`
///
/// and may end in a full stop. Letters of full width (Ｂ) count; small letters do not.
public final class StrictLetter implements AnswerReader {
    private static final String OPEN = "(?:[(（\\[【]|\\*\\*)?";
    private static final String CLOSE = "(?:[)）\\]】]|\\*\\*)?";
    private static final Pattern FORM =
            Python.pattern(
                    "(?:(?:正确)?答案(?:是|为)?\\s?[:：]?\\s?|选(?:择|项)?\\s?[:：]?\\s?"
                            + "|Answer\\s?:?\\s?|[Tt]he (?:correct )?answer is\\s?:?\\s?)?"
                            + OPEN
                            + "([A-ZＡ-Ｚ])"
                            + CLOSE
                            + "[.。]?");
    private static final Pattern WITH_OPTION =
            Python.pattern("[(（]?([A-ZＡ-Ｚ])[)）]?[.．、:：]?\\s*(.*)");

    private final int letters;
    private final List<String> choices;

    /// @param letters so many from A on are options
    /// @param choices texts of the options; may be empty
    public StrictLetter(int letters, List<String> choices) {
        this.letters = letters;
        this.choices = List.copyOf(choices);
    }

    @Override
    public List<String> read(String reply) {
        String text = Python.strip(reply);
        var form = FORM.matcher(text);
        if (form.matches()) return Python.list(letter(form.group(1)));
        var named = WITH_OPTION.matcher(text);
        if (!named.matches()) return List.of();
        return Python.list(letter(named.group(1)).filter(l -> isOption(l, named.group(2))));
    }

    private boolean isOption(String letter, String text) {
        int at = letter.charAt(0) - 'A';
        return at < choices.size() && Python.strip(choices.get(at)).equals(text);
    }

    private Optional<String> letter(String found) {
        char c = found.charAt(0);
        int at = c >= 'Ａ' ? c - 'Ａ' : c - 'A';
        return at < letters ? Optional.of(String.valueOf((char) ('A' + at))) : Optional.empty();
    }
}

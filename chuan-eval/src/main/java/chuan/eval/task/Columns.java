package chuan.eval.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Under which names the files of a set hold what a question is made of. A name may be several with
/// `|` between them; the first that is there counts.
///
/// @param options a name for each option, or one name of a list, or none
/// @param choices letters there are where options are part of the question; 0 if it has no letters
/// @param key what the answer column holds
/// @param more further columns that templates may use, by the names they use
/// @param order of the columns in CSV files that have no header; empty if all have one
/// @param root name of the list in a JSON file of one object; "" if the file is the list
record Columns(
        String question,
        List<String> options,
        int choices,
        String answer,
        KeyForm key,
        Map<String, String> more,
        List<String> order,
        String root) {

    enum KeyForm {
        /// Letters, or numbers of options from 0.
        LETTERS,
        /// The same where a question has options, else a text; what is no letter is kept as it is.
        LETTERS_OR_TEXT,
        /// A list with the letter, or the letters, of each part of the question.
        PARTS,
        /// A text.
        TEXT,
        /// What stands behind the last `#### `.
        AFTER_HASHES
    }

    /// Characters of names in a message.
    private static final int MOST_SHOWN = 400;

    /// What everybody calls them.
    static final Set<String> RESERVED =
            Set.of("question", "options", "key", "answer", "title", "subject", "handle", "number");

    static Columns read(Keys keys) {
        var options = keys.texts("options");
        var choices = keys.optionalInteger("choices");
        choices.ifPresent(n -> {
            if (n < 2 || n > 26) throw keys.wrong("choices", n + ": from 2 to 26");
            if (!options.isEmpty()) throw keys.wrong("choices", "options say how many there are");
        });
        var order = keys.texts("order");
        var more = new LinkedHashMap<String, String>();
        keys.optionalChild("more")
                .ifPresent(extra -> {
                    for (String name : extra.names()) {
                        if (RESERVED.contains(name) || name.length() == 1)
                            throw extra.wrong(name, "is a name of Chuan's own");
                        more.put(name, extra.text(name));
                    }
                });
        var columns =
                new Columns(
                        keys.text("question"),
                        options,
                        choices.orElse(0),
                        keys.text("answer"),
                        keys.choice("key", KeyForm.class, KeyForm.LETTERS),
                        more,
                        order,
                        keys.text("root", ""));
        if (columns.key == KeyForm.LETTERS && options.isEmpty() && columns.choices == 0)
            throw keys.wrong("options", "is missing; or say choices, or another key than letters");
        keys.nothingElse();
        return columns;
    }

    Columns {
        options = List.copyOf(options);
        more = Map.copyOf(more);
        order = List.copyOf(order);
    }

    /// One column of a list of any length.
    boolean listed() {
        return options.size() == 1;
    }

    static List<String> names(String alternatives) {
        return List.of(alternatives.split("\\|", -1));
    }

    /// Every column there should be.
    List<String> wanted() {
        var all = new ArrayList<String>();
        all.add(question);
        all.addAll(options);
        all.add(answer);
        return all;
    }

    /// Names that a file has, as a message shows them: what is no set may have very long ones.
    static String shown(Iterable<String> names) {
        String all = String.join(", ", names);
        if (all.length() <= MOST_SHOWN) return all;
        return all.substring(0, all.offsetByCodePoints(0, MOST_SHOWN / 2)) + " …";
    }
}

package chuan.eval.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/// The rules of GAOKAO-Bench (`Bench/bench_function.py` of OpenLMLab/GAOKAO-Bench), by type of
/// question.
///
/// @param questions parts that an item has; what it is for `MULTI_QUESTION_CHOICE`
public record GaokaoReader(Type type, int questions) implements AnswerReader {
    public enum Type {
        /// The last letter of all.
        SINGLE_CHOICE,
        /// A letter for each part behind `【答案】`, else the first capitals.
        MULTI_QUESTION_CHOICE,
        /// One answer of several letters, in the order found.
        MULTI_CHOICE,
        /// The first five of A to G.
        FIVE_OUT_OF_SEVEN
    }

    private static final String HEADING = "【答案】";
    private static final Pattern PART = Python.pattern(HEADING + "\\s*[:：]*\\s*([A-Z])");
    private static final int TAIL = 10;

    @Override
    public List<String> read(String reply) {
        return switch (type) {
            case SINGLE_CHOICE -> {
                var all = capitals(reply, 'D');
                yield all.isEmpty() ? all : List.of(all.getLast());
            }
            case MULTI_QUESTION_CHOICE -> {
                var headed = PART.matcher(reply).results().map(part -> part.group(1)).toList();
                yield headed.size() == questions ? headed : first(questions, capitals(reply, 'Z'));
            }
            case MULTI_CHOICE -> Python.list(several(reply));
            case FIVE_OUT_OF_SEVEN -> first(5, capitals(reply, 'G'));
        };
    }

    private static Optional<String> several(String reply) {
        var dense = new StringBuilder();
        reply.codePoints().filter(c -> !Python.isSpace(c)).forEach(dense::appendCodePoint);
        int heading = dense.indexOf(HEADING);
        // one at the very beginning is not seen by the original
        int from =
                heading > 0
                        ? heading
                        : dense.codePointCount(0, dense.length()) <= TAIL
                                ? 0
                                : dense.offsetByCodePoints(dense.length(), -TAIL);
        String letters = String.join("", capitals(dense.substring(from), 'D'));
        return letters.isEmpty() ? Optional.empty() : Optional.of(letters);
    }

    private static List<String> capitals(String text, char last) {
        IntPredicate capital = c -> c >= 'A' && c <= last;
        var found = new ArrayList<String>();
        text.chars().filter(capital).forEach(c -> found.add(String.valueOf((char) c)));
        return found;
    }

    private static List<String> first(int count, List<String> all) {
        return List.copyOf(all.subList(0, Math.min(count, all.size())));
    }

    /// Share of an item's points: for each part all or nothing, in the order of the key; nothing at
    /// all if the number of answers differs.
    public static double points(List<String> answers, List<String> key) {
        if (answers.size() != key.size() || key.isEmpty()) return 0;
        int right = 0;
        for (int i = 0; i < key.size(); i++) if (answers.get(i).equals(key.get(i))) right++;
        return (double) right / key.size();
    }

    /// As [#points], but a part without a wrong letter, though not the key itself, is worth a half:
    /// the rule of physics, 6 points, 3 or none.
    public static double pointsInPhysics(List<String> answers, List<String> key) {
        if (answers.size() != key.size() || key.isEmpty()) return 0;
        double points = 0;
        for (int i = 0; i < key.size(); i++) {
            String right = key.get(i);
            if (answers.get(i).equals(right)) points++;
            else if (answers.get(i).chars().allMatch(c -> right.indexOf(c) >= 0)) points += 0.5;
        }
        return points / key.size();
    }
}

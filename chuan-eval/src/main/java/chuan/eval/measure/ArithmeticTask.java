package chuan.eval.measure;

import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.Task;
import chuan.eval.extract.AnswerReader;
import chuan.eval.extract.Comparison;
import chuan.eval.extract.WrittenJudge;
import chuan.eval.task.TaskSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/// Sums that nobody has seen before: made from a seed, with examples before them, right if the
/// first number that the model writes is the result. `12+34=46`, a line each.
public final class ArithmeticTask implements Task {
    public static final String NAME = "arithmetic";
    private static final long SEED = 20230711;
    private static final int SHOTS = 5;
    private static final int MOST_SHOTS = 50;
    private static final int QUESTIONS = 100;
    private static final int TOKENS = 16;
    private static final Pattern NUMBER = Pattern.compile("[-−]?[0-9]+");

    /// The first whole number; commas between digits are left out, a minus sign may be a dash.
    private static final AnswerReader READER =
            reply -> {
                var found = NUMBER.matcher(reply.replaceAll("(?<=[0-9]),(?=[0-9]{3})", ""));
                return found.find() ? List.of(found.group().replace('−', '-')) : List.of();
            };

    /// @param most largest number of either side
    private record Kind(String name, String title, char sign, int least, int most) {
        /// @return the question up to the equals sign, and the result
        String[] sum(Random random) {
            int a = least + random.nextInt(most - least + 1);
            int b = least + random.nextInt(most - least + 1);
            int result =
                    switch (sign) {
                        case '+' -> a + b;
                        case '-' -> a - b;
                        case '*' -> a * b;
                        default -> throw new IllegalStateException(String.valueOf(sign));
                    };
            return new String[] {"" + a + sign + b + "=", String.valueOf(result)};
        }
    }

    private static final List<Kind> KINDS =
            List.of(
                    new Kind("add-1", "1 + 1 digits", '+', 0, 9),
                    new Kind("add-2", "2 + 2 digits", '+', 10, 99),
                    new Kind("add-3", "3 + 3 digits", '+', 100, 999),
                    new Kind("add-4", "4 + 4 digits", '+', 1000, 9999),
                    new Kind("subtract-2", "2 − 2 digits", '-', 10, 99),
                    new Kind("subtract-3", "3 − 3 digits", '-', 100, 999),
                    new Kind("multiply-1", "1 × 1 digits", '*', 0, 9),
                    new Kind("multiply-2", "2 × 2 digits", '*', 10, 99));

    private final int shots;
    private final int questions;
    private final long seed;
    private final boolean chat;

    public ArithmeticTask(TaskSettings settings) {
        shots = settings.shots().orElse(SHOTS);
        if (shots > MOST_SHOTS)
            throw new MeasureException(
                    "--shots %d: %s has at most %d".formatted(shots, NAME, MOST_SHOTS));
        questions = settings.limit().orElse(QUESTIONS);
        seed = settings.seed().orElse(SEED);
        chat = settings.chat();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "Arithmetic";
    }

    @Override
    public Grouping grouping() {
        return new Grouping(
                List.of(
                        column("Addition", "add"),
                        column("Subtraction", "subtract"),
                        column("Multiplication", "multiply")),
                Grouping.Average.MACRO);
    }

    private static Grouping.Column column(String name, String prefix) {
        return new Grouping.Column(
                name, KINDS.stream().map(Kind::name).filter(k -> k.startsWith(prefix)).toList());
    }

    @Override
    public Map<String, String> titles() {
        var titles = new LinkedHashMap<String, String>();
        for (Kind kind : KINDS) titles.put(kind.name(), kind.title());
        return titles;
    }

    @Override
    public double chance() {
        return Double.NaN;
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("protocol", "made from the seed; examples and question a line each, as 12+34=46");
        facts.put("shots", shots);
        facts.put("questions of each kind", questions);
        facts.put("seed", seed);
        facts.put("chat", chat);
        facts.put("answer", "the first whole number of at most " + TOKENS + " tokens of one line");
        return facts;
    }

    /// Small numbers give few different sums, so questions of a kind may repeat; an example is no
    /// question.
    @Override
    public List<Exercise> exercises(ToIntFunction<String> countTokens) {
        var exercises = new ArrayList<Exercise>();
        for (int k = 0; k < KINDS.size(); k++) {
            var kind = KINDS.get(k);
            var random = new Random(seed + k);
            var examples = new StringBuilder();
            Set<String> shown = new HashSet<>();
            while (shown.size() < shots) {
                String[] sum = kind.sum(random);
                if (shown.add(sum[0])) examples.append(sum[0]).append(sum[1]).append('\n');
            }
            for (int i = 0; i < questions; ) {
                String[] sum = kind.sum(random);
                if (shown.contains(sum[0])) continue;
                exercises.add(exercise(kind, i, examples + sum[0], sum[1], shown.size()));
                i++;
            }
        }
        return exercises;
    }

    private Exercise exercise(Kind kind, int index, String text, String result, int examples) {
        var judge = new WrittenJudge(READER, Comparison.EQUAL, List.of(result));
        return new OneLine(NAME, chat, TOKENS)
                .exercise(kind.name(), index, text, judge, List.of(result), examples);
    }
}

package chuan.eval.measure;

import chuan.eval.Exercise;
import chuan.eval.Grouping;
import chuan.eval.Task;
import chuan.eval.extract.AnswerReader;
import chuan.eval.extract.Comparison;
import chuan.eval.extract.WrittenJudge;
import chuan.eval.task.TaskSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/// Whether a model finds a number that it was told long ago: five digits hidden at some depth of a
/// text that says nothing, asked for at its end. After A. Mohtashami and M. Jaggi, "Landmark
/// Attention" (2023), with a Chinese text beside the English one, and shorter lengths.
public final class PasskeyTask implements Task {
    public static final String NAME = "passkey";
    private static final long SEED = 20230711;

    /// Of each language, length and depth.
    private static final int QUESTIONS = 2;

    private static final int SHORTEST = 256;
    private static final int DEPTHS = 5;
    private static final int TOKENS = 12;
    private static final int USUAL_CONTEXT = 4096;
    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final AnswerReader READER =
            reply -> {
                var found = DIGITS.matcher(reply);
                return found.find() ? List.of(found.group()) : List.of();
            };

    /// The parts of a prompt.
    private record Words(String opening, String filler, String needle, String question) {
        String text(int before, int after, String key) {
            return opening
                    + filler.repeat(before)
                    + needle.formatted(key, key)
                    + filler.repeat(after)
                    + question;
        }
    }

    private static final List<Words> LANGUAGES =
            List.of(
                    new Words(
                            "There is an important info hidden inside a lot of irrelevant text. Find"
                                    + " it and memorize it. I will quiz you about the important"
                                    + " information there.\n",
                            "The grass is green. The sky is blue. The sun is yellow. Here we go."
                                    + " There and back again. ",
                            "The pass key is %s. Remember it. %s is the pass key. ",
                            "\nWhat is the pass key? The pass key is"),
                    new Words(
                            "下面大量无关的文字中藏着一条重要信息。请找到并记住它，最后我会提问。\n",
                            "草是绿的。天是蓝的。太阳是黄的。我们出发了。去了又回来。",
                            "密码是%s。请记住，%s就是密码。",
                            "\n密码是什么？密码是"));

    private final List<Integer> lengths;
    private final int questions;
    private final long seed;
    private final boolean chat;

    public PasskeyTask(TaskSettings settings) {
        questions = settings.limit().orElse(QUESTIONS);
        seed = settings.seed().orElse(SEED);
        chat = settings.chat();
        lengths = lengths(settings.context());
    }

    /// Doubling up to what the model can see; the last is all of it.
    private static List<Integer> lengths(int context) {
        int most = context == TaskSettings.UNLIMITED ? USUAL_CONTEXT : context;
        var lengths = new ArrayList<Integer>();
        for (int length = SHORTEST; length <= most && length > 0; length *= 2) lengths.add(length);
        if (lengths.isEmpty())
            throw new MeasureException(
                    NAME + ": a context of " + most + " tokens is shorter than " + SHORTEST);
        return lengths;
    }

    private static String subject(int length, int depth) {
        return length + "-" + percent(depth);
    }

    private static int percent(int depth) {
        return 100 * depth / (DEPTHS - 1);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "Pass key in a long text";
    }

    /// By length, then by depth.
    @Override
    public Grouping grouping() {
        var columns = new ArrayList<Grouping.Column>();
        for (int length : lengths) {
            var subjects = new ArrayList<String>();
            for (int depth = 0; depth < DEPTHS; depth++) subjects.add(subject(length, depth));
            columns.add(new Grouping.Column(length + " tokens", subjects));
        }
        for (int depth = 0; depth < DEPTHS; depth++) {
            int at = depth;
            columns.add(
                    new Grouping.Column(
                            "depth " + percent(depth) + " %",
                            lengths.stream().map(length -> subject(length, at)).toList()));
        }
        return new Grouping(columns, Grouping.Average.MICRO);
    }

    @Override
    public Map<String, String> titles() {
        var titles = new LinkedHashMap<String, String>();
        for (int length : lengths)
            for (int depth = 0; depth < DEPTHS; depth++)
                titles.put(
                        subject(length, depth), length + " tokens, depth " + percent(depth) + " %");
        return titles;
    }

    @Override
    public double chance() {
        return Double.NaN;
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("protocol", "five digits at a depth of an English or Chinese text without sense");
        facts.put("lengths", lengths.toString());
        facts.put("questions of each length, depth and language", questions);
        facts.put("seed", seed);
        facts.put("chat", chat);
        facts.put("answer", "the first digits of at most " + TOKENS + " tokens");
        return facts;
    }

    /// @throws MeasureException if nobody can count tokens
    @Override
    public List<Exercise> exercises(ToIntFunction<String> countTokens) {
        var random = new Random(seed);
        var exercises = new ArrayList<Exercise>();
        for (int length : lengths)
            for (int depth = 0; depth < DEPTHS; depth++) {
                int index = 0;
                for (Words words : LANGUAGES) {
                    int fillers = fillers(words, length - TOKENS, countTokens);
                    int before = Math.round(fillers * depth / (float) (DEPTHS - 1));
                    for (int i = 0; i < questions; i++) {
                        String key = String.valueOf(10_000 + random.nextInt(90_000));
                        exercises.add(
                                exercise(
                                        subject(length, depth),
                                        index++,
                                        words.text(before, fillers - before, key),
                                        key));
                    }
                }
            }
        return exercises;
    }

    /// How many sentences fit.
    private static int fillers(Words words, int tokens, ToIntFunction<String> countTokens) {
        int fits = 0;
        int tooMany = tokens;
        while (tooMany - fits > 1) {
            int middle = (fits + tooMany) >>> 1;
            if (count(words.text(middle, 0, "00000"), countTokens) <= tokens) fits = middle;
            else tooMany = middle;
        }
        return fits;
    }

    private static int count(String text, ToIntFunction<String> countTokens) {
        try {
            return countTokens.applyAsInt(text);
        } catch (UnsupportedOperationException _) {
            throw new MeasureException(
                    NAME + ": this endpoint does not count tokens; examine a local model");
        }
    }

    private Exercise exercise(String subject, int index, String text, String key) {
        var judge = new WrittenJudge(READER, Comparison.EQUAL, List.of(key));
        return new OneLine(NAME, chat, TOKENS)
                .exercise(subject, index, text, judge, List.of(key), 0);
    }
}

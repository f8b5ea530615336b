package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Which examples stand in front of a question.
///
/// @param from split they come from; "" for fixed ones
/// @param each name of the number, in each subject, that holds instead of `count`; "" if none
/// @param fixed examples that the task file itself holds
record ShotRule(int count, String from, Order order, long seed, String each, List<Item> fixed) {
    enum Order {
        /// The first of the file, the same for all questions.
        FIRST,
        /// All of them in an order drawn anew for each question, as
        /// `random.Random(seed).sample(range(n), n)` of Python gives it, one generator per subject;
        /// the first `count` count.
        SHUFFLED,
        /// Drawn anew for each question by `random.Random(seed).sample(range(n), count)` of Python,
        /// one generator per subject.
        SAMPLED,
        /// Those of the task file.
        FIXED,
        /// The first of the questions themselves, which are not asked then.
        HELD
    }

    static ShotRule read(Keys keys) {
        var order = keys.choice("order", Order.class, Order.FIRST);
        int count = keys.optionalInteger("count").orElse(0);
        if (count < 0 || count > 1000) throw keys.wrong("count", count + ": from 0 to 1000");
        var fixed = new ArrayList<Item>();
        for (var example : keys.elements("examples")) fixed.add(example(fixed.size(), example));
        String from = keys.text("from", "");
        boolean own = order == Order.FIXED || order == Order.HELD;
        if (from.isEmpty() && !own && count > 0) throw keys.wrong("from", "is missing");
        if (order == Order.FIXED && fixed.size() < count)
            throw keys.wrong("examples", "are " + fixed.size() + ", but count is " + count);
        var rule =
                new ShotRule(
                        count,
                        from,
                        order,
                        keys.optionalInteger("seed").orElse(1234),
                        keys.text("each", ""),
                        fixed);
        keys.nothingElse();
        return rule;
    }

    private static Item example(int row, Keys keys) {
        var item =
                new Item(
                        row,
                        keys.place(),
                        keys.text("question"),
                        keys.texts("options"),
                        keys.texts("key"),
                        keys.text("answer", ""),
                        Map.of());
        keys.nothingElse();
        return item;
    }

    ShotRule {
        fixed = List.copyOf(fixed);
    }

    ShotRule with(int newCount, long newSeed) {
        return new ShotRule(newCount, from, order, newSeed, each, fixed);
    }

    /// How many for a subject.
    int count(TaskFile.Subject subject, boolean asked) {
        if (each.isEmpty()) return count;
        int kept = Integer.parseInt(subject.more().getOrDefault(each, String.valueOf(count)));
        return asked ? Math.min(count, kept) : kept;
    }

    /// For people.
    Object shots(boolean asked) {
        if (each.isEmpty()) return count;
        return asked ? "at most " + count : "as the task file says for each subject";
    }

    /// For people.
    String examples() {
        String drawn = "for each question: random.Random(" + seed + ").sample(range(n), ";
        return switch (order) {
            case FIRST -> from.isEmpty() ? "none" : "the first of " + from;
            case SHUFFLED -> from + " shuffled " + drawn + "n) of Python";
            case SAMPLED -> from + " drawn " + drawn + "shots) of Python";
            case FIXED -> "written in the task file";
            case HELD -> "the first of the questions, which are not asked";
        };
    }
}

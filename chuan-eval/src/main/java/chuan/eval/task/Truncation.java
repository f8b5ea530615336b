package chuan.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// What goes when a prompt is too long.
///
/// @param tokens that a prompt may have at most
record Truncation(Rule rule, int tokens) {
    enum Rule {
        /// Nothing: it is asked as it is.
        NONE,
        /// The last example, until it fits (Hendrycks, Baichuan).
        DROP_LAST,
        /// All examples as long as the longest, until they fit beside header and question, whose
        /// tokens are counted each by itself; header and examples if those two alone do not fit
        /// (CMMLU).
        DROP_LONGEST
    }

    /// The parts of a prompt.
    record Parts(String header, List<String> shots, String question) {
        Parts {
            shots = List.copyOf(shots);
        }

        String text() {
            return header + String.join("", shots) + question;
        }
    }

    /// @param header whether it stays
    record Kept(List<Item> shots, boolean header) {
        Kept {
            shots = List.copyOf(shots);
        }
    }

    static Truncation read(Keys keys) {
        var rule = keys.choice("rule", Rule.class, Rule.NONE);
        int tokens = keys.optionalInteger("tokens").orElse(Integer.MAX_VALUE);
        if (tokens < 1) throw keys.wrong("tokens", tokens + ": at least 1");
        keys.nothingElse();
        return new Truncation(rule, tokens);
    }

    Truncation within(int context) {
        return new Truncation(rule, Math.min(tokens, context));
    }

    /// @param parts of the prompt with these examples
    /// @param counter of tokens; what it cannot count is left as it is
    Kept keep(List<Item> shots, Function<List<Item>, Parts> parts, ToIntFunction<String> counter) {
        try {
            return switch (rule) {
                case NONE -> new Kept(shots, true);
                case DROP_LAST -> dropLast(shots, parts, counter);
                case DROP_LONGEST -> dropLongest(shots, parts.apply(shots), counter);
            };
        } catch (UnsupportedOperationException _) {
            return new Kept(shots, true);
        }
    }

    private Kept dropLast(
            List<Item> shots, Function<List<Item>, Parts> parts, ToIntFunction<String> counter) {
        int kept = shots.size();
        while (kept > 0 && counter.applyAsInt(parts.apply(shots.subList(0, kept)).text()) > tokens)
            kept--;
        return new Kept(shots.subList(0, kept), true);
    }

    private Kept dropLongest(List<Item> shots, Parts parts, ToIntFunction<String> counter) {
        int room =
                tokens - counter.applyAsInt(parts.header()) - counter.applyAsInt(parts.question());
        if (room < 0) return new Kept(List.of(), false);
        var kept = new ArrayList<Item>(shots);
        var lengths = new ArrayList<Integer>();
        for (String shot : parts.shots()) lengths.add(counter.applyAsInt(shot));
        while (!kept.isEmpty() && sum(lengths) >= room) {
            int longest = lengths.stream().mapToInt(Integer::intValue).max().orElseThrow();
            for (int i = kept.size() - 1; i >= 0; i--)
                if (lengths.get(i) == longest) {
                    kept.remove(i);
                    lengths.remove(i);
                }
        }
        return new Kept(kept, true);
    }

    private static long sum(List<Integer> numbers) {
        return numbers.stream().mapToLong(Integer::longValue).sum();
    }

    String describe() {
        String limit = tokens == Integer.MAX_VALUE ? "the context" : tokens + " tokens";
        return switch (rule) {
            case NONE -> "nothing is dropped";
            case DROP_LAST -> "last examples dropped until the prompt has at most " + limit;
            case DROP_LONGEST -> "longest examples dropped until the prompt has less than " + limit;
        };
    }
}

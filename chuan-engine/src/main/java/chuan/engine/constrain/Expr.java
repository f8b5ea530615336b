package chuan.engine.constrain;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A part of a grammar: which byte sequences it stands for. Parts may be shared, and form cycles
/// through [Late] and [Rule]. What they can match is worked out by [Analysis] before they are used.
abstract sealed class Expr {
    /// Height of what can never be matched.
    static final int IMPOSSIBLE = Integer.MAX_VALUE;

    /// For [Repeat#max]: any number of times.
    static final int MANY = Integer.MAX_VALUE;

    /// Calls of rules inside each other that a match needs at least; see [Recognizer].
    int height = IMPOSSIBLE;

    /// Whether nothing at all is a match.
    boolean nullable;

    /// One byte of a set.
    static final class Bytes extends Expr {
        final long[] set;

        Bytes(long[] set) {
            this.set = set;
        }

        boolean has(int value) {
            return (set[value >> 6] >>> (value & 63) & 1) != 0;
        }

        /// The one byte in it; -1 if there are more or none.
        int only() {
            int found = -1;
            for (int word = 0; word < 4; word++) {
                if (set[word] == 0) continue;
                if (found >= 0 || Long.bitCount(set[word]) > 1) return -1;
                found = word << 6 | Long.numberOfTrailingZeros(set[word]);
            }
            return found;
        }
    }

    /// These bytes.
    static final class Literal extends Expr {
        final byte[] text;

        Literal(byte[] text) {
            this.text = text;
        }
    }

    /// One after the other; none = nothing.
    static final class Seq extends Expr {
        final Expr[] items;

        Seq(Expr[] items) {
            this.items = items;
        }
    }

    /// One of them; none = impossible.
    static final class Alt extends Expr {
        final Expr[] items;

        Alt(Expr[] items) {
            this.items = items;
        }
    }

    /// `min` to `max` times. Counted, never written out, so a million costs as much as one.
    static final class Repeat extends Expr {
        final Expr body;
        final int min;
        final int max;

        /// The body is any character of a JSON string.
        final boolean anyText;

        Repeat(Expr body, int min, int max) {
            this(body, min, max, false);
        }

        Repeat(Expr body, int min, int max, boolean anyText) {
            this.body = body;
            this.min = min;
            this.max = max;
            this.anyText = anyText;
        }

        /// What can be nothing has been there any number of times.
        int least() {
            return body.nullable ? 0 : min;
        }
    }

    /// Different ones of them with a separator in between, in any order; others, if there are any,
    /// as often as one likes.
    static final class Choice extends Expr {
        /// Of a choice, since what was chosen is kept as bits.
        static final int MOST = 30;

        /// Chosen if something else was.
        static final int OTHER = 1 << MOST;

        /// By item, the others behind them: at the beginning, and later.
        final Expr[] first;

        final Expr[] later;

        /// Bits of those that must be there.
        final int required;

        final int min;
        final int max;

        Choice(List<Expr> items, Expr others, Expr separator, int required, int min, int max) {
            first = new Expr[items.size() + 1];
            later = new Expr[first.length];
            for (int i = 0; i < first.length; i++) {
                first[i] = i < items.size() ? items.get(i) : others;
                later[i] = seq(separator, first[i]);
            }
            this.required = required;
            this.min = min;
            this.max = max;
        }

        int items() {
            return first.length - 1;
        }
    }

    /// What an automaton of its own follows.
    static final class Machine extends Expr {
        final Automaton automaton;

        Machine(Automaton automaton) {
            this.automaton = automaton;
        }
    }

    /// Set later, once: how a graph gets its cycles at the end of a sequence.
    static final class Late extends Expr {
        @Nullable Expr target;

        Expr target() {
            if (target == null) throw new IllegalStateException("a part of the grammar is missing");
            return target;
        }
    }

    /// May contain itself anywhere; how deep is limited.
    static final class Rule extends Expr {
        final String name;
        @Nullable Expr body;

        Rule(String name) {
            this.name = name;
        }

        Expr body() {
            if (body == null) throw new IllegalStateException("rule " + name + " is missing");
            return body;
        }
    }

    static Expr nothing() {
        return new Seq(new Expr[0]);
    }

    static Expr impossible() {
        return new Alt(new Expr[0]);
    }

    /// @throws IllegalArgumentException for half a surrogate pair, which has no bytes
    static Expr text(String text) {
        if (text.isEmpty()) return nothing();
        if (text.codePoints().anyMatch(c -> c >= 0xD800 && c < 0xE000))
            throw new IllegalArgumentException("half a surrogate pair");
        return new Literal(text.getBytes(StandardCharsets.UTF_8));
    }

    /// A byte between two.
    static Bytes range(int first, int last) {
        var set = new long[4];
        for (int b = first; b <= last; b++) set[b >> 6] |= 1L << (b & 63);
        return new Bytes(set);
    }

    static Expr seq(Expr... items) {
        return items.length == 1 ? items[0] : new Seq(items);
    }

    static Expr alt(List<Expr> items) {
        return items.size() == 1 ? items.getFirst() : new Alt(items.toArray(Expr[]::new));
    }

    static Expr alt(Expr... items) {
        return alt(Arrays.asList(items));
    }

    static Expr repeat(Expr body, int min, int max) {
        if (max < min) return impossible();
        if (max == 0) return nothing();
        return min == 1 && max == 1 ? body : new Repeat(body, min, max);
    }

    static Expr optional(Expr body) {
        return new Repeat(body, 0, 1);
    }
}

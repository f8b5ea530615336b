package chuan.engine.constrain;

import chuan.engine.constrain.Expr.Alt;
import chuan.engine.constrain.Expr.Bytes;
import chuan.engine.constrain.Expr.Choice;
import chuan.engine.constrain.Expr.Late;
import chuan.engine.constrain.Expr.Literal;
import chuan.engine.constrain.Expr.Machine;
import chuan.engine.constrain.Expr.Repeat;
import chuan.engine.constrain.Expr.Rule;
import chuan.engine.constrain.Expr.Seq;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/// Works out what the parts of a grammar can match, and which bytes it need not tell apart.
final class Analysis {
    /// A grammar with more parts is refused.
    static final int MOST_PARTS = 400_000;

    private final List<Expr> parts = new ArrayList<>();

    private Analysis() {}

    /// Sets height and nullability of all parts of a grammar.
    ///
    /// @return the class of each byte; bytes of one class lead everywhere to the same place
    static int[] of(Expr root) {
        var analysis = new Analysis();
        analysis.collect(root);
        analysis.solve();
        return analysis.classes();
    }

    static Expr[] children(Expr part) {
        return switch (part) {
            case Bytes _, Literal _, Machine _ -> new Expr[0];
            case Seq seq -> seq.items;
            case Alt alt -> alt.items;
            case Repeat repeat -> new Expr[] {repeat.body};
            case Choice choice -> {
                var all = Arrays.copyOf(choice.first, 2 * choice.first.length);
                System.arraycopy(choice.later, 0, all, choice.first.length, choice.first.length);
                yield all;
            }
            case Late late -> new Expr[] {late.target()};
            case Rule rule -> new Expr[] {rule.body()};
        };
    }

    /// Children before parents, except around cycles.
    private void collect(Expr root) {
        record Visit(Expr part, Expr[] children, int[] at) {}
        Set<Expr> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        var stack = new ArrayDeque<Visit>();
        seen.add(root);
        stack.push(new Visit(root, children(root), new int[1]));
        while (!stack.isEmpty()) {
            var visit = stack.getFirst();
            if (visit.at[0] == visit.children.length) {
                parts.add(stack.pop().part);
                continue;
            }
            Expr child = visit.children[visit.at[0]++];
            if (!seen.add(child)) continue;
            if (seen.size() > MOST_PARTS)
                throw new GrammarLimitException("it has more than " + MOST_PARTS + " parts");
            stack.push(new Visit(child, children(child), new int[1]));
        }
    }

    private void solve() {
        for (Expr part : parts) {
            part.height = Expr.IMPOSSIBLE;
            part.nullable = false;
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Expr part : parts) {
                int height = height(part);
                boolean nullable = nullable(part);
                changed |= height != part.height || nullable != part.nullable;
                part.height = height;
                part.nullable = nullable;
            }
        }
    }

    private static int height(Expr part) {
        return switch (part) {
            case Bytes bytes ->
                    bytes.set[0] == 0 && bytes.set[1] == 0 && bytes.set[2] == 0 && bytes.set[3] == 0
                            ? Expr.IMPOSSIBLE
                            : 0;
            case Literal _, Machine _ -> 0;
            case Seq seq -> {
                int most = 0;
                for (Expr item : seq.items) most = Math.max(most, item.height);
                yield most;
            }
            case Alt alt -> {
                int least = Expr.IMPOSSIBLE;
                for (Expr item : alt.items) least = Math.min(least, item.height);
                yield least;
            }
            case Repeat repeat -> repeat.min == 0 ? 0 : repeat.body.height;
            case Choice choice -> height(choice);
            case Late late -> late.target().height;
            case Rule rule -> {
                int inside = rule.body().height;
                yield inside == Expr.IMPOSSIBLE ? inside : inside + 1;
            }
        };
    }

    /// Of all that must be there, and of the simplest others up to the least number.
    private static int height(Choice choice) {
        if (Integer.bitCount(choice.required) > choice.max) return Expr.IMPOSSIBLE;
        int most = 0;
        var optional = new ArrayList<Integer>();
        for (int i = 0; i < choice.first.length; i++) {
            int height = choice.later[i].height;
            if (i < choice.items() && (choice.required >> i & 1) != 0)
                most = Math.max(most, height);
            else if (i < choice.items()) optional.add(height);
        }
        Collections.sort(optional);
        int missing = choice.min - Integer.bitCount(choice.required);
        if (missing <= 0 || most == Expr.IMPOSSIBLE) return most;
        int others = choice.later[choice.items()].height;
        int last = missing <= optional.size() ? optional.get(missing - 1) : Expr.IMPOSSIBLE;
        return Math.max(most, Math.min(last, others));
    }

    private static boolean nullable(Expr part) {
        return switch (part) {
            case Bytes _, Literal _ -> false;
            case Machine machine -> machine.automaton.accepting(0);
            case Seq seq -> {
                boolean all = true;
                for (Expr item : seq.items) all &= item.nullable;
                yield all;
            }
            case Alt alt -> {
                boolean any = false;
                for (Expr item : alt.items) any |= item.nullable;
                yield any;
            }
            case Repeat repeat -> repeat.min == 0 || repeat.body.nullable;
            case Choice choice -> choice.required == 0 && choice.min == 0;
            case Late late -> late.target().nullable;
            case Rule rule -> rule.body().nullable;
        };
    }

    private int[] classes() {
        var classes = new int[256];
        int count = 1;
        var single = new boolean[256];
        var sets = new java.util.HashSet<List<Long>>();
        for (Expr part : parts) {
            switch (part) {
                case Literal literal -> {
                    for (byte b : literal.text) single[b & 0xff] = true;
                }
                case Bytes bytes -> {
                    var key = List.of(bytes.set[0], bytes.set[1], bytes.set[2], bytes.set[3]);
                    if (sets.add(key)) count = split(classes, count, bytes);
                }
                case Machine machine -> count = split(classes, count, machine.automaton);
                case Seq _, Alt _, Repeat _, Choice _, Late _, Rule _ -> {}
            }
        }
        for (int b = 0; b < 256; b++)
            if (single[b]) count = split(classes, count, Expr.range(b, b));
        return classes;
    }

    private static int split(int[] classes, int count, Automaton automaton) {
        var sets = new HashMap<Integer, long[]>();
        for (int b = 0; b < 256; b++)
            sets.computeIfAbsent(automaton.classOf(b), _ -> new long[4])[b >> 6] |= 1L << (b & 63);
        int all = count;
        for (long[] set : sets.values()) all = split(classes, all, new Bytes(set));
        return all;
    }

    /// Gives the members of each class that are in `set` a class of their own.
    private static int split(int[] classes, int count, Bytes set) {
        var inside = new int[count];
        var outside = new int[count];
        for (int b = 0; b < 256; b++) (set.has(b) ? inside : outside)[classes[b]]++;
        var renamed = new int[count];
        int next = count;
        for (int c = 0; c < count; c++) renamed[c] = inside[c] > 0 && outside[c] > 0 ? next++ : c;
        for (int b = 0; b < 256; b++) if (set.has(b)) classes[b] = renamed[classes[b]];
        return next;
    }
}

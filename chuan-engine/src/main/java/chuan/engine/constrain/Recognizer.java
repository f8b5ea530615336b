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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Follows all ways to read a text in a grammar, byte by byte. A way is a [Cell]: what is to be
/// matched next, and what after it. A state is the set of all ways; equal sets are one state with
/// one number, and where a byte leads from a state is remembered, so that states and steps form a
/// deterministic automaton that is built only where somebody walks (the idea of lazy DFAs, on a
/// stack).
///
/// No state is a dead end: a part is begun only if it can be finished within the depth that rules
/// may be nested, which [Expr#height] tells.
///
/// Not safe for use by several threads at once; owners lock.
final class Recognizer {
    static final int REFUSED = -1;

    /// Rules inside each other at most: what common JSON readers take.
    static final int DEEPEST = 64;

    private static final int MOST_STATES = 400_000;
    private static final int MOST_WAYS = 65_536;

    /// What is to be matched: `node`, from its `data` on (an item of a sequence, a byte of a
    /// literal, repetitions so far), then `parent`.
    private static final class Cell {
        final @Nullable Expr node;
        final int data;
        final @Nullable Cell parent;
        final int nesting;
        final int hash;
        int id;
        int closure;
        int entered;
        @Nullable Cell canonical;

        Cell(@Nullable Expr node, int data, @Nullable Cell parent, int nesting) {
            this.node = node;
            this.data = data;
            this.parent = parent;
            this.nesting = nesting;
            hash =
                    (System.identityHashCode(node) * 31 + data) * 31
                            + (parent == null ? 0 : parent.hash);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Cell cell
                    && cell.node == node
                    && cell.data == data
                    && cell.parent == parent;
        }
    }

    private record Key(int[] ways, boolean accepting) {
        @Override
        public int hashCode() {
            return Arrays.hashCode(ways) * 2 + (accepting ? 1 : 0);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && key.accepting == accepting
                    && Arrays.equals(key.ways, ways);
        }
    }

    private static final class State {
        final Cell[] ways;
        final boolean accepting;

        /// Any character may follow, again and again.
        final boolean anyText;

        /// By class of byte: 0 = not known yet, -1 = refused, else the state plus one.
        int @Nullable [] next;

        int canonical = -1;

        /// [Recognizer#optionalBlank]: 0 = not known yet, 1 = yes, -1 = no.
        int blank;

        State(Cell[] ways, boolean accepting, boolean anyText) {
            this.ways = ways;
            this.accepting = accepting;
            this.anyText = anyText;
        }
    }

    private final int[] classes;
    private final int classCount;
    private final int reach;
    private final Cell bottom = new Cell(null, 0, null, 0);
    private final Map<Cell, Cell> cells = new HashMap<>();
    private final Map<Key, Integer> numbers = new HashMap<>();
    private final List<State> states = new ArrayList<>();
    private final ArrayDeque<Cell> open = new ArrayDeque<>();
    private final List<Cell> found = new ArrayList<>();
    private boolean foundEnd;
    private boolean foundAnyText;
    private int closure;
    private final int start;

    /// @param reach bytes of the longest token: how far [#canonical] must look ahead
    /// @throws GrammarLimitException if it is too large
    Recognizer(Expr root, int reach) {
        this.reach = reach;
        classes = Analysis.of(root);
        classCount = Arrays.stream(classes).max().orElseThrow() + 1;
        begin();
        if (root.height <= DEEPEST) enter(root, bottom);
        start = finish();
    }

    /// The state before the first byte, or [#REFUSED] if nothing at all is a match.
    int start() {
        return start;
    }

    /// Whether the text may end here.
    boolean accepting(int state) {
        return states.get(state).accepting;
    }

    /// Whether no byte may follow.
    boolean closed(int state) {
        return states.get(state).ways.length == 0;
    }

    /// Whether all tokens are allowed that are nothing but characters of a string.
    boolean takesAnyText(int state) {
        return states.get(state).anyText;
    }

    /// How many states there are so far: a measure of the memory taken.
    int size() {
        return states.size();
    }

    /// The one byte that can follow; -1 if there are several or none.
    int onlyByte(int state) {
        int only = -1;
        for (Cell way : states.get(state).ways) {
            int value = onlyByte(way);
            if (value < 0 || (only >= 0 && only != value)) return -1;
            only = value;
        }
        return only;
    }

    private static int onlyByte(Cell way) {
        return switch (way.node) {
            case Literal literal -> literal.text[way.data] & 0xff;
            case Bytes bytes -> bytes.only();
            case Machine _ -> -1;
            case null, default -> throw new AssertionError("not a way");
        };
    }

    /// Whether a space may follow that makes no difference: behind it is allowed what is allowed
    /// instead of it.
    boolean optionalBlank(int state) {
        var from = states.get(state);
        if (from.blank == 0) from.blank = findBlank(state) ? 1 : -1;
        return from.blank > 0;
    }

    private boolean findBlank(int state) {
        int behind = next(state, ' ');
        if (behind < 0 || next(behind, ' ') >= 0) return false;
        var without = new ArrayList<Cell>();
        for (Cell way : states.get(state).ways) if (onlyByte(way) != ' ') without.add(way);
        var rest = states.get(behind);
        return rest.accepting == states.get(state).accepting
                && Arrays.equals(without.toArray(), rest.ways);
    }

    int classOf(int value) {
        return classes[value];
    }

    int next(int state, int value) {
        var from = states.get(state);
        int[] row = from.next;
        if (row == null) from.next = row = new int[classCount];
        int to = row[classes[value]];
        if (to == 0) row[classes[value]] = to = step(from, value) + 1;
        return to - 1;
    }

    /// @return the state behind all bytes, or [#REFUSED]
    int next(int state, byte[] text) {
        int at = state;
        for (int i = 0; i < text.length && at >= 0; i++) at = next(at, text[i] & 0xff);
        return at;
    }

    private int step(State from, int value) {
        begin();
        for (Cell way : from.ways) {
            switch (way.node) {
                case Bytes bytes -> {
                    if (bytes.has(value)) add(parent(way));
                }
                case Literal literal -> {
                    if ((literal.text[way.data] & 0xff) == value)
                        add(
                                way.data + 1 < literal.text.length
                                        ? cell(literal, way.data + 1, parent(way))
                                        : parent(way));
                }
                case Machine machine -> {
                    int to = machine.automaton.next(way.data, value);
                    if (to >= 0) add(cell(machine, to, parent(way)));
                }
                case null, default -> throw new AssertionError("not a way");
            }
        }
        return finish();
    }

    private void begin() {
        closure++;
        found.clear();
        foundEnd = false;
        foundAnyText = false;
    }

    /// Follows all ways that were added to where they want a byte, and numbers the set.
    private int finish() {
        int seen = 0;
        while (!open.isEmpty()) {
            if (++seen > MOST_WAYS) {
                open.clear();
                throw new GrammarLimitException(
                        "a text can be read in more than " + MOST_WAYS + " ways");
            }
            expand(open.pop());
        }
        return number(found.toArray(Cell[]::new), foundEnd, foundAnyText);
    }

    private int number(Cell[] ways, boolean accepting, boolean anyText) {
        if (ways.length == 0 && !accepting) return REFUSED;
        Arrays.sort(ways, (a, b) -> Integer.compare(a.id, b.id));
        var ids = new int[ways.length];
        for (int i = 0; i < ids.length; i++) ids[i] = ways[i].id;
        var key = new Key(ids, accepting);
        Integer known = numbers.get(key);
        if (known != null) return known;
        if (states.size() >= MOST_STATES)
            throw new GrammarLimitException("more than " + MOST_STATES + " states");
        numbers.put(key, states.size());
        states.add(new State(ways, accepting, anyText));
        return states.size() - 1;
    }

    private void expand(Cell way) {
        if (way.parent == null) {
            foundEnd = true;
            return;
        }
        Cell parent = parent(way);
        switch (way.node) {
            case Bytes _, Literal _ -> found.add(way);
            case Machine machine -> {
                found.add(way);
                foundAnyText |= machine.automaton.takesAnyText(way.data);
                if (machine.automaton.accepting(way.data)) add(parent);
            }
            case Seq seq -> expand(seq, way.data, parent);
            case Alt alt -> {
                for (Expr item : alt.items) enter(item, parent);
            }
            case Repeat repeat -> expand(repeat, way, parent);
            case Choice choice -> expand(choice, way.data, parent);
            case Late late -> enter(late.target(), parent);
            case Rule rule -> {
                // a way of the rule's own holds the depth; coming back to it leaves the rule
                if (way.data == 0) enter(rule.body(), cell(rule, 1, behindRules(parent)));
                else add(parent);
            }
            case null -> throw new AssertionError("not a way");
        }
    }

    /// What follows after rules that end here, so that a rule that ends with itself needs no depth.
    private static Cell behindRules(Cell parent) {
        Cell at = parent;
        while (at.node instanceof Rule && at.data == 1) at = parent(at);
        return at;
    }

    private void expand(Seq seq, int at, Cell parent) {
        if (at == seq.items.length) add(parent);
        else if (at == seq.items.length - 1) enter(seq.items[at], parent);
        else enter(seq.items[at], cell(seq, at + 1, parent));
    }

    private void expand(Repeat repeat, Cell way, Cell parent) {
        // a repetition that matched nothing allows nothing that was not allowed before it
        boolean idle = repeat.body.nullable && way.entered == closure && way.data > 0;
        if (idle) return;
        int count = way.data;
        if (count >= repeat.least()) add(parent);
        if (count >= repeat.max) return;
        foundAnyText |= repeat.anyText && (long) count + reach <= repeat.max;
        int after = repeat.max == Expr.MANY ? Math.min(count + 1, repeat.least()) : count + 1;
        Cell rest = after == repeat.max ? parent : cell(repeat, after, parent);
        if (after > count && after < repeat.max) rest.entered = closure;
        enter(repeat.body, rest);
    }

    private void expand(Choice choice, int chosen, Cell parent) {
        int count = Integer.bitCount(chosen & (Choice.OTHER - 1));
        boolean enough = count + (chosen >= Choice.OTHER ? 1 : 0) >= choice.min;
        if (enough && (chosen & choice.required) == choice.required) add(parent);
        // those that must be there get their place
        int left = choice.max - count - Integer.bitCount(choice.required & ~chosen);
        Expr[] parts = chosen == 0 ? choice.first : choice.later;
        for (int i = 0; i < choice.items(); i++) {
            int bit = 1 << i;
            if ((chosen & bit) == 0 && (left > 0 || (choice.required & bit) != 0))
                enter(parts[i], cell(choice, chosen | bit, parent));
        }
        enter(parts[choice.items()], cell(choice, chosen | Choice.OTHER, parent));
    }

    /// Adds a part, if it can be finished here.
    private void enter(Expr part, Cell parent) {
        if (part.height <= DEEPEST - parent.nesting) add(cell(part, 0, parent));
    }

    private void add(Cell way) {
        if (way.closure == closure) return;
        way.closure = closure;
        open.push(way);
    }

    private static Cell parent(Cell way) {
        if (way.parent == null) throw new AssertionError("nothing follows");
        return way.parent;
    }

    private Cell cell(Expr node, int data, Cell parent) {
        int nesting = parent.nesting + (node instanceof Rule && data == 1 ? 1 : 0);
        var fresh = new Cell(node, data, parent, nesting);
        Cell known = cells.putIfAbsent(fresh, fresh);
        if (known != null) return known;
        fresh.id = cells.size();
        return fresh;
    }

    /// A state in which the same tokens are allowed: counters that no token can take to a limit are
    /// set to a common value. So all places in the middle of a long string share one mask.
    int canonical(int state) {
        var from = states.get(state);
        if (from.canonical < 0) {
            var ways = new ArrayList<Cell>();
            for (Cell way : from.ways) {
                Cell clamped = canonical(way);
                if (!ways.contains(clamped)) ways.add(clamped);
            }
            from.canonical = number(ways.toArray(Cell[]::new), from.accepting, from.anyText);
        }
        return from.canonical;
    }

    private Cell canonical(Cell way) {
        if (way.parent == null) return way;
        if (way.canonical != null) return way.canonical;
        Cell parent = canonical(way.parent);
        int data = way.data;
        if (way.node instanceof Repeat repeat) {
            int least = repeat.least();
            // the first repetition ends in the body that is under way
            if (data + (long) reach + 1 < least) data = Math.min(data, 1);
            else if (data >= least && data + (long) reach + 1 < repeat.max)
                data = Math.max(least, Math.min(data, 1));
        }
        return way.canonical = way.node == null ? way : cell(way.node, data, parent);
    }
}

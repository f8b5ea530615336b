package chuan.engine.constrain;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// Texts that all of some grammars match and none of others does, as a grammar again: their
/// automata walked side by side. Only for grammars whose automata are finite and small, such as
/// those of strings.
final class Product {
    private static final int MOST_NODES = 100_000;

    /// Where each automaton is; [Recognizer#REFUSED] = nothing matches there any more.
    private record Place(int[] states) {
        @Override
        public int hashCode() {
            return Arrays.hashCode(states);
        }

        @Override
        public boolean equals(@org.jspecify.annotations.Nullable Object other) {
            return other instanceof Place place && Arrays.equals(place.states, states);
        }
    }

    private final List<Recognizer> automata = new ArrayList<>();
    private final int wanted;
    private final Map<Place, Expr.Late> nodes = new HashMap<>();
    private final ArrayDeque<Place> open = new ArrayDeque<>();
    private final int[] classes = new int[256];
    private final int classCount;

    private Product(List<Expr> must, List<Expr> mustNot) {
        for (Expr part : must) automata.add(new Recognizer(part, 0));
        for (Expr part : mustNot) automata.add(new Recognizer(part, 0));
        wanted = must.size();
        var names = new HashMap<List<Integer>, Integer>();
        for (int b = 0; b < 256; b++) {
            int value = b;
            var name = automata.stream().map(a -> a.classOf(value)).toList();
            names.putIfAbsent(name, names.size());
            classes[b] = names.get(name);
        }
        classCount = names.size();
    }

    /// @throws GrammarLimitException if it gets too large
    static Expr of(List<Expr> must, List<Expr> mustNot) {
        if (must.size() == 1 && mustNot.isEmpty()) return must.getFirst();
        return new Product(must, mustNot).build();
    }

    /// Whether there is a text that both match.
    ///
    /// @throws GrammarLimitException if that is too much to find out
    static boolean intersect(Expr one, Expr other) {
        var product = new Product(List.of(one, other), List.of());
        var seen = new HashSet<Place>();
        var open = new ArrayDeque<Place>();
        open.push(new Place(product.automata.stream().mapToInt(Recognizer::start).toArray()));
        while (!open.isEmpty()) {
            var place = open.pop();
            if (!product.alive(place) || !seen.add(place)) continue;
            if (product.accepting(place)) return true;
            if (seen.size() > MOST_NODES)
                throw new GrammarLimitException("two patterns that are too long to compare");
            var byClass = new Place[product.classCount];
            for (int b = 0; b < 256; b++) {
                int c = product.classes[b];
                if (byClass[c] == null) open.push(byClass[c] = product.next(place, b));
            }
        }
        return false;
    }

    private Expr build() {
        Expr root = node(new Place(automata.stream().mapToInt(Recognizer::start).toArray()));
        while (!open.isEmpty()) {
            var place = open.pop();
            var late = nodes.get(place);
            if (late != null) late.target = ways(place);
        }
        return root;
    }

    private Expr node(Place place) {
        for (int i = 0; i < wanted; i++) if (place.states[i] < 0) return Expr.impossible();
        var known = nodes.get(place);
        if (known != null) return known;
        if (nodes.size() >= MOST_NODES)
            throw new GrammarLimitException(
                    "conditions that hold together need more than " + MOST_NODES + " states");
        var fresh = new Expr.Late();
        nodes.put(place, fresh);
        open.push(place);
        return fresh;
    }

    private Expr ways(Place place) {
        var ways = new ArrayList<Expr>();
        if (accepting(place)) ways.add(Expr.nothing());
        var targets = new HashMap<Place, long[]>();
        var byClass = new Place[classCount];
        for (int b = 0; b < 256; b++) {
            int c = classes[b];
            if (byClass[c] == null) byClass[c] = next(place, b);
            targets.computeIfAbsent(byClass[c], _ -> new long[4])[b >> 6] |= 1L << b;
        }
        targets.forEach((target, set) -> {
            if (alive(target)) ways.add(Expr.seq(new Expr.Bytes(set), node(target)));
        });
        return Expr.alt(ways);
    }

    private boolean alive(Place place) {
        for (int i = 0; i < wanted; i++) if (place.states[i] < 0) return false;
        return true;
    }

    private Place next(Place place, int value) {
        var states = new int[automata.size()];
        for (int i = 0; i < states.length; i++)
            states[i] = place.states[i] < 0 ? -1 : automata.get(i).next(place.states[i], value);
        return new Place(states);
    }

    private boolean accepting(Place place) {
        for (int i = 0; i < place.states.length; i++) {
            boolean accepts = place.states[i] >= 0 && automata.get(i).accepting(place.states[i]);
            if (accepts != i < wanted) return false;
        }
        return true;
    }
}

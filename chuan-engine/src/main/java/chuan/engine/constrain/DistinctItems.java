package chuan.engine.constrain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// The inside of an array whose items differ: an automaton that remembers what was written. Only
/// for items that have one spelling each, such as strings and integers, so that other values are
/// other texts.
final class DistinctItems implements Automaton {
    private static final int MOST_PLACES = 300_000;

    /// Where one is: before the first item, in an item, behind a comma, behind its blank.
    private enum Phase {
        BEGIN,
        ITEM,
        COMMA,
        BLANK
    }

    /// What was written so far. Texts have a char per byte.
    ///
    /// @param state of the item's automaton
    /// @param before items that are complete, sorted
    private record Place(Phase phase, int state, String text, List<String> before) {}

    private final Recognizer item;
    private final int min;
    private final int max;
    private final List<Place> places = new ArrayList<>();
    private final Map<Place, Integer> numbers = new HashMap<>();

    /// @param part an item, of which there are at least `min` different ones
    /// @param max at least 1
    DistinctItems(Expr part, int min, int max) {
        item = new Recognizer(part, Byte.MAX_VALUE);
        this.min = min;
        this.max = max;
        number(new Place(Phase.BEGIN, item.start(), "", List.of()));
    }

    private int number(Place place) {
        Integer known = numbers.putIfAbsent(place, places.size());
        if (known != null) return known;
        if (places.size() >= MOST_PLACES)
            throw new GrammarLimitException("more different items than can be remembered");
        places.add(place);
        return places.size() - 1;
    }

    @Override
    public int classOf(int value) {
        return value == ',' ? -1 : value == ' ' ? -2 : item.classOf(value);
    }

    @Override
    public boolean accepting(int at) {
        var place = places.get(at);
        return switch (place.phase) {
            case BEGIN -> min == 0;
            case ITEM -> isNew(place) && place.before.size() + 1 >= min;
            case COMMA, BLANK -> false;
        };
    }

    private boolean isNew(Place place) {
        return item.accepting(place.state) && !place.before.contains(place.text);
    }

    @Override
    public boolean takesAnyText(int at) {
        var place = places.get(at);
        return place.phase == Phase.ITEM && item.takesAnyText(place.state);
    }

    @Override
    public int next(int at, int value) {
        var place = places.get(at);
        if (place.phase == Phase.COMMA && value == ' ')
            return number(new Place(Phase.BLANK, place.state, "", place.before));
        if (place.phase == Phase.ITEM && value == ',' && isNew(place)) {
            var all = new TreeSet<>(place.before);
            all.add(place.text);
            var before = List.copyOf(all);
            boolean more = before.size() < max && canEnd(item.start(), "", before);
            return more ? number(new Place(Phase.COMMA, item.start(), "", before)) : -1;
        }
        int next = item.next(place.state, value);
        String text = place.text + (char) value;
        return next >= 0 && canEnd(next, text, place.before)
                ? number(new Place(Phase.ITEM, next, text, place.before))
                : -1;
    }

    /// Whether an item that begins like this can become another one than those before.
    private boolean canEnd(int state, String text, List<String> before) {
        if (before.stream().noneMatch(one -> one.startsWith(text))) return true;
        if (item.accepting(state) && !before.contains(text)) return true;
        for (int b = 0; b < 256; b++) {
            int next = item.next(state, b);
            if (next >= 0 && canEnd(next, text + (char) b, before)) return true;
        }
        return false;
    }
}

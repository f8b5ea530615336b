package chuan.engine.constrain;

import java.util.ArrayList;
import java.util.List;

/// A regular expression over characters, as a tree. [RegexParser] reads it.
sealed interface Regex {
    record Chars(CodePoints set) implements Regex {}

    record Cat(List<Regex> items) implements Regex {}

    record Or(List<Regex> items) implements Regex {}

    record Times(Regex body, int min, int max) implements Regex {}

    /// The beginning of the text, or its end.
    record Anchor(boolean begin) implements Regex {}

    /// How one character of a set is written.
    @FunctionalInterface
    interface Spelling {
        Expr of(CodePoints set);
    }

    Regex NOTHING = new Cat(List.of());

    /// One way through all alternatives that hold anchors.
    record Way(boolean fromBegin, Regex body, boolean toEnd) {}

    /// A whole text in which this is found somewhere, as `search` and JSON schema's `pattern` mean
    /// it: an anchor ties a match to an edge, without one anything may stand there.
    ///
    /// @throws IllegalArgumentException for an anchor in the middle
    default Regex found() {
        var any = new Times(new Chars(CodePoints.ALL), 0, Expr.MANY);
        var ways = new ArrayList<Regex>();
        for (Way way : ways(this)) {
            var parts = new ArrayList<Regex>();
            if (!way.fromBegin) parts.add(any);
            parts.add(way.body);
            if (!way.toEnd) parts.add(any);
            ways.add(new Cat(parts));
        }
        return ways.size() == 1 ? ways.getFirst() : new Or(ways);
    }

    /// A whole text that is this, anchors or not.
    default Regex whole() {
        var ways = new ArrayList<Regex>();
        for (Way way : ways(this)) ways.add(way.body);
        return ways.size() == 1 ? ways.getFirst() : new Or(ways);
    }

    private static boolean anchored(Regex regex) {
        return switch (regex) {
            case Anchor _ -> true;
            case Chars _ -> false;
            case Cat cat -> cat.items.stream().anyMatch(Regex::anchored);
            case Or or -> or.items.stream().anyMatch(Regex::anchored);
            case Times times -> anchored(times.body);
        };
    }

    private static List<Way> ways(Regex regex) {
        if (!anchored(regex)) return List.of(new Way(false, regex, false));
        return switch (regex) {
            case Anchor anchor -> List.of(new Way(anchor.begin, NOTHING, !anchor.begin));
            case Or or -> or.items.stream().flatMap(item -> ways(item).stream()).toList();
            case Cat cat -> {
                List<Way> sofar = List.of(new Way(false, NOTHING, false));
                for (Regex item : cat.items) {
                    var next = new ArrayList<Way>();
                    for (Way before : sofar)
                        for (Way after : ways(item)) next.add(join(before, after));
                    if (next.size() > 1000)
                        throw new IllegalArgumentException(
                                "has too many alternatives with anchors; write ^ and $ once");
                    sofar = next;
                }
                yield sofar;
            }
            case Times _, Chars _ ->
                    throw new IllegalArgumentException(
                            "repeats an anchor; write ^ only at the beginning and $ at the end");
        };
    }

    private static Way join(Way before, Way after) {
        if ((before.toEnd && !after.body.equals(NOTHING))
                || (after.fromBegin && !before.body.equals(NOTHING)))
            throw new IllegalArgumentException(
                    "has an anchor in the middle; write ^ only at the beginning and $ at the end");
        Regex body =
                before.body.equals(NOTHING)
                        ? after.body
                        : after.body.equals(NOTHING)
                                ? before.body
                                : new Cat(List.of(before.body, after.body));
        return new Way(before.fromBegin || after.fromBegin, body, before.toEnd || after.toEnd);
    }

    /// As a grammar.
    ///
    /// @throws IllegalArgumentException if it holds anchors
    default Expr lower(Spelling spelling) {
        return switch (this) {
            case Chars chars -> spelling.of(chars.set);
            case Cat cat ->
                    Expr.seq(cat.items.stream().map(i -> i.lower(spelling)).toArray(Expr[]::new));
            case Or or -> Expr.alt(or.items.stream().map(i -> i.lower(spelling)).toList());
            case Times times -> Expr.repeat(times.body.lower(spelling), times.min, times.max);
            case Anchor _ -> throw new IllegalArgumentException("holds an anchor");
        };
    }
}

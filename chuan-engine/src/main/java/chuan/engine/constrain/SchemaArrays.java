package chuan.engine.constrain;

import chuan.files.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The arrays that [Facts] allow.
final class SchemaArrays {
    private static final int MOST_PLACES = 2_000;

    private final SchemaCompiler compiler;
    private final JsonText text;

    SchemaArrays(SchemaCompiler compiler, JsonText text) {
        this.compiler = compiler;
        this.text = text;
    }

    Expr of(Facts facts) {
        if (facts.minItems > facts.maxItems) return Expr.impossible();
        Expr inside;
        if (facts.unique != null && facts.maxItems > 1) inside = distinct(facts, facts.unique);
        else if (facts.contains.isEmpty()) inside = plain(facts);
        else inside = new Counted(facts).of(0, 0);
        return Expr.seq(text.open("["), inside, text.close("]"));
    }

    private Expr plain(Facts facts) {
        int first = facts.items.stream().mapToInt(i -> i.first().size()).max().orElse(0);
        // an array as long as is allowed has no more, so what comes later need not be looked at
        first = Math.min(first, facts.maxItems);
        Expr tail = rest(facts, first);
        for (int i = first - 1; i >= 0; i--) {
            Expr here = i == 0 ? Expr.nothing() : text.comma();
            Expr more = Expr.seq(here, compiler.value(item(facts, i)), tail);
            tail = i >= facts.minItems ? Expr.alt(Expr.nothing(), more) : more;
        }
        return tail;
    }

    private Expr rest(Facts facts, int first) {
        int min = Math.max(0, facts.minItems - first);
        int max = facts.maxItems == Expr.MANY ? Expr.MANY : facts.maxItems - first;
        if (max == 0) return Expr.nothing();
        Expr item = compiler.value(item(facts, first));
        return first == 0
                ? text.list(item, min, max)
                : Expr.repeat(Expr.seq(text.comma(), item), min, max);
    }

    /// What holds for the item at a place.
    static List<SchemaNode> item(Facts facts, int at) {
        var all = new ArrayList<SchemaNode>();
        for (var items : facts.items) {
            var rest = items.rest();
            if (at < items.first().size()) all.add(items.first().get(at));
            else if (rest != null) all.add(rest);
        }
        return all;
    }

    /// Different items, of values that can be listed.
    private Expr distinct(Facts facts, SchemaNode because) {
        List<Json> values = facts.contains.isEmpty() ? listed(facts) : null;
        if (values == null && facts.contains.isEmpty() && countless(facts))
            return new Expr.Machine(
                    new DistinctItems(
                            compiler.value(item(facts, 0)), facts.minItems, facts.maxItems));
        if (values == null || values.size() > Expr.Choice.MOST)
            throw because.invalid(
                    "uniqueItems is supported for items that are strings or integers without limits,"
                            + " or that an enum lists, of up to "
                            + Expr.Choice.MOST
                            + " values: remove it, and drop repeated items yourself");
        var items = values.stream().map(text::literal).toList();
        return new Expr.Choice(
                items,
                Expr.impossible(),
                text.comma(),
                0,
                facts.minItems,
                Math.min(facts.maxItems, values.size()));
    }

    /// Whether items are of kinds of which there are any number.
    private boolean countless(Facts facts) {
        for (var items : facts.items) if (!items.first().isEmpty()) return false;
        var all = compiler.facts(item(facts, 0));
        return !all.isEmpty() && all.stream().allMatch(SchemaArrays::isCountless);
    }

    private static boolean isCountless(Facts item) {
        if (item.values != null) return false;
        boolean strings =
                item.types == Facts.STRING
                        && item.maxLength == Expr.MANY
                        && item.patterns.isEmpty()
                        && item.notPatterns.isEmpty()
                        && item.formats.isEmpty()
                        && item.excluded.isEmpty();
        boolean integers =
                item.types == Facts.INTEGER
                        && (item.bounds.low() == null || item.bounds.high() == null)
                        && item.excluded.isEmpty();
        return strings || integers;
    }

    private @Nullable List<Json> listed(Facts facts) {
        for (var items : facts.items) if (!items.first().isEmpty()) return null;
        var all = new ArrayList<Json>();
        for (var item : compiler.facts(item(facts, 0))) {
            List<Json> values = item.values;
            if (values == null) {
                if ((item.types & ~(Facts.NULL | Facts.BOOLEAN)) != 0) return null;
                values = List.of(new Json.Null(), new Json.Bool(true), new Json.Bool(false));
            }
            for (Json value : values)
                if (compiler.values().fits(item, value) && !Facts.contains(all, value))
                    all.add(value);
        }
        return all;
    }

    /// Arrays of which so many items fit `contains`: by place, and by how many there were.
    private final class Counted {
        private final Facts facts;
        private final Facts.Contains wanted;

        /// Further items are all alike.
        private final int places;

        private final int counts;
        private final Map<Long, Expr> known = new HashMap<>();

        Counted(Facts facts) {
            this.facts = facts;
            wanted = facts.contains.getFirst();
            if (facts.contains.size() > 1)
                throw facts.contains
                        .get(1)
                        .schema()
                        .invalid("several contains together are not supported: keep one");
            int first = facts.items.stream().mapToInt(i -> i.first().size()).max().orElse(0);
            places =
                    facts.maxItems < Expr.MANY
                            ? facts.maxItems
                            : Math.max(1, Math.max(first, facts.minItems));
            counts = wanted.max() < Expr.MANY ? wanted.max() : wanted.min();
            if ((places + 1L) * (counts + 1L) > MOST_PLACES)
                throw wanted.schema().tooComplex("contains with so many items to count");
        }

        /// What may follow behind `place` items, of which `count` fit.
        Expr of(int place, int count) {
            long key = (long) place << 32 | count;
            Expr before = known.get(key);
            if (before != null) return before;
            var late = new Expr.Late();
            known.put(key, late);
            var ways = new ArrayList<Expr>();
            if (place >= facts.minItems && count >= wanted.min()) ways.add(Expr.nothing());
            if (place < facts.maxItems) {
                int next = Math.min(places, place + 1);
                boolean limited = wanted.max() < Expr.MANY;
                // items that fit may pass for others where nobody counts them to the end
                var other = new ArrayList<>(item(facts, place));
                if (limited) other.add(wanted.schema().negated());
                ways.add(way(place, other, next, count));
                if (count < counts) {
                    var fitting = new ArrayList<>(item(facts, place));
                    fitting.add(wanted.schema());
                    ways.add(way(place, fitting, next, count + 1));
                }
            }
            late.target = Expr.alt(ways);
            return late;
        }

        private Expr way(int place, List<SchemaNode> item, int next, int count) {
            Expr comma = place == 0 ? Expr.nothing() : text.comma();
            return Expr.seq(comma, compiler.value(item), of(next, count));
        }
    }
}

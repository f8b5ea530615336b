package chuan.engine.constrain;

import chuan.files.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Resolves what a schema says by other schemas: references, `allOf`, `anyOf`, `oneOf`. What is
/// left are alternatives, each of them [Facts].
final class SchemaExpansion {
    private static final int MOST_ALTERNATIVES = 5_000;

    private static final Map<String, String> REFUSED =
            Map.ofEntries(
                    Map.entry("if", "write both cases out as anyOf"),
                    Map.entry("dependentRequired", "write the cases out as anyOf"),
                    Map.entry("dependentSchemas", "write the cases out as anyOf"),
                    Map.entry("dependencies", "write the cases out as anyOf"),
                    Map.entry("contains", "say with prefixItems where the item stands"),
                    Map.entry("unevaluatedProperties", "use additionalProperties"),
                    Map.entry("unevaluatedItems", "use items"),
                    Map.entry("$dynamicRef", "use $ref"),
                    Map.entry("$recursiveRef", "use $ref"));

    private static final Set<String> IN_NOT =
            Set.of("type", "enum", "const", "title", "description", "$comment");

    /// Decides whether no value fits both of two alternatives.
    @FunctionalInterface
    interface Disjoint {
        boolean test(Facts a, Facts b);
    }

    private final SchemaDocument document;
    private final Disjoint disjoint;
    private Set<String> path = new LinkedHashSet<>();

    SchemaExpansion(SchemaDocument document, Disjoint disjoint) {
        this.document = document;
        this.disjoint = disjoint;
    }

    /// What schemas that hold together allow; an empty list = nothing.
    List<Facts> of(List<SchemaNode> schemas) {
        var outer = path; // comparing alternatives looks into other schemas on the way
        path = new LinkedHashSet<>();
        try {
            List<Facts> all = new ArrayList<>(List.of(new Facts()));
            for (var schema : schemas) all = and(all, schema);
            return all;
        } finally {
            path = outer;
        }
    }

    private List<Facts> and(List<Facts> before, SchemaNode schema) {
        if (schema.json() instanceof Json.Bool bool)
            return bool.value() ? before : new ArrayList<>();
        if (!path.add(schema.pointer()))
            throw schema.invalid(
                    "the schema refers to itself without anything in between: remove the cycle");
        if (path.size() > 500)
            throw schema.tooComplex("references are nested deeper than 500 levels");
        check(schema);
        for (var facts : before) facts.take(schema);
        List<Facts> all = before;
        var not = schema.get("not");
        if (not != null) all = without(all, not.asSchema());
        var ref = schema.get("$ref");
        if (ref != null) all = and(all, document.resolve(ref));
        var every = schema.get("allOf");
        if (every != null) for (var part : every.schemaList()) all = and(all, part);
        var any = schema.get("anyOf");
        if (any != null) all = or(all, any, false);
        var one = schema.get("oneOf");
        if (one != null) all = or(all, one, true);
        path.remove(schema.pointer());
        return all;
    }

    private void check(SchemaNode schema) {
        REFUSED.forEach((keyword, advice) -> {
            var node = schema.get(keyword);
            if (node != null)
                throw node.invalid(keyword + " is not supported in constrained output: " + advice);
        });
        var unique = schema.get("uniqueItems");
        if (unique != null && unique.flag())
            throw unique.invalid(
                    "uniqueItems is not supported in constrained output: remove it, and drop"
                            + " repeated items yourself");
        var id = schema.get("$id");
        if (id != null && !schema.pointer().isEmpty())
            throw id.invalid("$id inside a schema is not supported: remove it, use $defs and $ref");
    }

    private List<Facts> or(List<Facts> before, SchemaNode list, boolean exactlyOne) {
        var branches = new ArrayList<List<Facts>>();
        var all = new ArrayList<Facts>();
        for (var branch : list.schemaList()) {
            var copies = new ArrayList<Facts>();
            for (var facts : before) copies.add(facts.copy());
            var alternatives = and(copies, branch);
            branches.add(alternatives);
            all.addAll(alternatives);
            if (all.size() > MOST_ALTERNATIVES)
                throw list.tooComplex(
                        "alternatives of alternatives make more than "
                                + MOST_ALTERNATIVES
                                + " cases: nest fewer of them");
        }
        if (exactlyOne) checkDisjoint(branches, list);
        return all;
    }

    private void checkDisjoint(List<List<Facts>> branches, SchemaNode list) {
        long pairs = 0;
        for (int i = 0; i < branches.size(); i++)
            for (int j = 0; j < i; j++)
                for (var a : branches.get(i))
                    for (var b : branches.get(j)) {
                        if (++pairs > 100_000)
                            throw list.tooComplex("too many cases to compare: use anyOf");
                        if (!disjoint.test(a, b))
                            throw list.invalid(
                                    "oneOf: a value may fit branches "
                                            + j
                                            + " and "
                                            + i
                                            + " at the same time; use anyOf, or tell them apart by"
                                            + " a required key with a const");
                    }
    }

    private static List<Facts> without(List<Facts> before, SchemaNode not) {
        if (not.json() instanceof Json.Bool bool) return bool.value() ? new ArrayList<>() : before;
        var fields = ((Json.Obj) not.json()).fields();
        if (fields.isEmpty()) return new ArrayList<>();
        var type = not.get("type");
        var values = values(not);
        if (!IN_NOT.containsAll(fields.keySet()) || (type == null) == (values == null))
            throw not.invalid(
                    "not is supported with only type, only enum or only const inside: say what is"
                            + " allowed instead");
        for (var facts : before) {
            if (type != null) facts.types &= ~Facts.types(type);
            if (values != null) facts.excluded.addAll(values);
            if ((facts.types & (Facts.INTEGER | Facts.FRACTION)) == Facts.FRACTION)
                throw not.invalid("numbers that are no integers are not supported: allow both");
        }
        return before;
    }

    private static @Nullable List<Json> values(SchemaNode not) {
        var one = not.get("const");
        var some = not.get("enum");
        if (one != null && some == null) return List.of(Facts.data(one));
        if (one == null && some != null) return some.items().stream().map(Facts::data).toList();
        return null;
    }
}

package chuan.engine.constrain;

import chuan.files.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/// Resolves what a schema says by other schemas: references, `allOf`, `anyOf`, `oneOf`, `not`,
/// `if`, dependencies. What is left are alternatives, each of them [Facts].
final class SchemaExpansion {
    private static final int MOST_ALTERNATIVES = 5_000;

    private static final Map<String, String> REFUSED =
            Map.of(
                    "unevaluatedProperties",
                    "use additionalProperties",
                    "unevaluatedItems",
                    "use items");

    /// Decides whether no value fits both of two alternatives.
    @FunctionalInterface
    interface Disjoint {
        boolean test(Facts a, Facts b);
    }

    private final SchemaDocument document;
    private final Disjoint disjoint;
    private final Predicate<Facts> contradicts;
    private final SchemaNegation negation;
    private Set<String> path = new LinkedHashSet<>();

    /// @param contradicts whether no object can be as it is told; false if that is not known
    SchemaExpansion(
            SchemaDocument document,
            Disjoint disjoint,
            Predicate<Facts> contradicts,
            BiPredicate<SchemaNode, String> matches) {
        this.document = document;
        this.disjoint = disjoint;
        this.contradicts = contradicts;
        negation = new SchemaNegation(this, matches);
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

    List<Facts> and(List<Facts> before, SchemaNode schema) {
        if (schema.json() instanceof Json.Bool bool)
            return bool.value() ? before : new ArrayList<>();
        enter(schema, "");
        check(schema);
        for (var facts : before) facts.take(schema);
        List<Facts> all = before;
        var not = schema.get("not");
        if (not != null) all = negation.without(all, not.asSchema());
        for (String keyword : List.of("$ref", "$dynamicRef", "$recursiveRef")) {
            var ref = schema.get(keyword);
            if (ref != null) all = and(all, target(ref, keyword));
        }
        var every = schema.get("allOf");
        if (every != null) for (var part : every.schemaList()) all = and(all, part);
        var any = schema.get("anyOf");
        if (any != null) all = or(all, any, false);
        var one = schema.get("oneOf");
        if (one != null) all = or(all, one, true);
        var condition = schema.get("if");
        if (condition != null) all = conditional(all, schema, condition.asSchema());
        for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
            var list = schema.get(keyword);
            if (list != null) all = dependencies(all, list);
        }
        leave(schema, "");
        return all;
    }

    /// Keeps schemas that refer to themselves from going on for ever.
    void enter(SchemaNode schema, String how) {
        if (!path.add(how + schema.pointer()))
            throw schema.invalid(
                    "the schema refers to itself without anything in between: remove the cycle");
        if (path.size() > 500)
            throw schema.tooComplex("references are nested deeper than 500 levels");
    }

    void leave(SchemaNode schema, String how) {
        path.remove(how + schema.pointer());
    }

    SchemaNode target(SchemaNode ref, String keyword) {
        return document.resolve(ref, keyword);
    }

    void limit(List<Facts> all, SchemaNode because) {
        if (all.size() > MOST_ALTERNATIVES)
            throw because.tooComplex(
                    "alternatives of alternatives make more than "
                            + MOST_ALTERNATIVES
                            + " cases: nest fewer of them");
    }

    private List<Facts> conditional(List<Facts> before, SchemaNode schema, SchemaNode condition) {
        var then = schema.get("then");
        var otherwise = schema.get("else");
        if (then == null && otherwise == null) return before;
        var yes = possible(and(SchemaNegation.copies(before), condition));
        var no = possible(negation.without(before, condition));
        var all = new ArrayList<>(then == null ? yes : possible(and(yes, then.asSchema())));
        all.addAll(otherwise == null ? no : possible(and(no, otherwise.asSchema())));
        limit(all, schema);
        return all;
    }

    /// Each key is absent, or there and with it what depends on it.
    private List<Facts> dependencies(List<Facts> before, SchemaNode list) {
        if (!(list.json() instanceof Json.Obj object)) throw list.invalid("must be an object");
        List<Facts> all = before;
        for (var entry : object.fields().entrySet()) {
            var value = list.child(entry.getKey(), entry.getValue());
            var never = new SchemaNode(value.pointer() + "/(absent)", new Json.Bool(false));
            var without = SchemaNegation.copies(all);
            for (var facts : without) facts.members.add(new Facts.Member(entry.getKey(), never));
            List<Facts> with = SchemaNegation.copies(all);
            with.removeIf(facts -> (facts.types & Facts.OBJECT) == 0);
            for (var facts : with) {
                facts.types = Facts.OBJECT;
                facts.required.add(entry.getKey());
                if (value.json() instanceof Json.Arr)
                    for (var key : value.items()) facts.required.add(key.string());
            }
            if (!(value.json() instanceof Json.Arr)) with = and(with, value.asSchema());
            all = new ArrayList<>(possible(without));
            all.addAll(possible(with));
            limit(all, list);
        }
        return all;
    }

    private List<Facts> possible(List<Facts> all) {
        return all.stream().filter(f -> f.isPossible() && !contradicts.test(f)).toList();
    }

    private void check(SchemaNode schema) {
        REFUSED.forEach((keyword, advice) -> {
            var node = schema.get(keyword);
            if (node != null)
                throw node.invalid(keyword + " is not supported in constrained output: " + advice);
        });
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
            limit(all, list);
        }
        return exactlyOne ? exactlyOne(branches, list) : all;
    }

    /// What fits one branch, without what fits another one, too.
    private List<Facts> exactlyOne(List<List<Facts>> branches, SchemaNode list) {
        var schemas = list.schemaList();
        var overlaps = overlaps(branches, list);
        var all = new ArrayList<Facts>();
        for (int i = 0; i < branches.size(); i++) {
            List<Facts> alone = branches.get(i);
            for (int j = 0; j < branches.size(); j++) {
                if (!overlaps[i][j]) continue;
                try {
                    alone = possible(negation.without(alone, schemas.get(j)));
                } catch (SchemaException e) {
                    if (!e.code().equals("invalid_json_schema")) throw e;
                    throw list.invalid(
                            "oneOf: a value may fit branches "
                                    + Math.min(i, j)
                                    + " and "
                                    + Math.max(i, j)
                                    + " at the same time; use anyOf, or tell them apart by a"
                                    + " required key with a const ("
                                    + e.getMessage()
                                    + ")");
                }
            }
            all.addAll(alone);
            limit(all, list);
        }
        return all;
    }

    private boolean[][] overlaps(List<List<Facts>> branches, SchemaNode list) {
        var overlaps = new boolean[branches.size()][branches.size()];
        long pairs = 0;
        for (int i = 0; i < branches.size(); i++)
            for (int j = 0; j < i; j++) {
                pairs += (long) branches.get(i).size() * branches.get(j).size();
                if (pairs > 100_000) throw list.tooComplex("too many cases to compare: use anyOf");
                overlaps[i][j] = overlap(branches.get(i), branches.get(j));
                overlaps[j][i] = overlaps[i][j];
            }
        return overlaps;
    }

    private boolean overlap(List<Facts> some, List<Facts> others) {
        for (var a : some) for (var b : others) if (!disjoint.test(a, b)) return true;
        return false;
    }
}

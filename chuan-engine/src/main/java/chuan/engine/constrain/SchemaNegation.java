package chuan.engine.constrain;

import chuan.engine.constrain.NumberRange.Bounds;
import chuan.files.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/// What is left where a schema must not hold: an alternative for each thing that it demands, in
/// which this thing is not so. For `not`, `else`, and `oneOf` whose branches overlap.
final class SchemaNegation {
    /// Say nothing about values.
    private static final Set<String> COMMENTS =
            Set.of(
                    "title",
                    "description",
                    "$comment",
                    "default",
                    "examples",
                    "deprecated",
                    "readOnly",
                    "writeOnly",
                    "$schema",
                    "$id",
                    "$anchor",
                    "$dynamicAnchor",
                    "$defs",
                    "definitions",
                    "x-chuan");

    /// Say something only together with others, which are looked at.
    private static final Set<String> HELPERS =
            Set.of("then", "else", "additionalItems", "minContains", "maxContains");

    private final SchemaExpansion expansion;
    private final BiPredicate<SchemaNode, String> matches;

    /// @param matches whether a pattern finds something in a key
    SchemaNegation(SchemaExpansion expansion, BiPredicate<SchemaNode, String> matches) {
        this.expansion = expansion;
        this.matches = matches;
    }

    /// The alternatives, and none of what the schema allows.
    List<Facts> without(List<Facts> before, SchemaNode schema) {
        if (schema.json() instanceof Json.Bool bool)
            return bool.value() ? List.of() : copies(before);
        expansion.enter(schema, "not ");
        var all = new ArrayList<Facts>();
        for (String keyword : ((Json.Obj) schema.json()).fields().keySet()) {
            var value = schema.get(keyword);
            if (value != null && !COMMENTS.contains(keyword) && !HELPERS.contains(keyword))
                all.addAll(without(before, schema, keyword, value));
            expansion.limit(all, schema);
        }
        expansion.leave(schema, "not ");
        return all;
    }

    private List<Facts> without(
            List<Facts> before, SchemaNode schema, String keyword, SchemaNode value) {
        return switch (keyword) {
            case "type" -> each(before, f -> exceptTypes(f, value));
            case "const" -> values(before, List.of(Facts.data(value)));
            case "enum" -> values(before, value.items().stream().map(Facts::data).toList());
            case "minimum", "maximum" -> outside(before, schema, keyword);
            case "exclusiveMinimum" ->
                    schema.get("minimum") == null ? outside(before, schema, "minimum") : List.of();
            case "exclusiveMaximum" ->
                    schema.get("maximum") == null ? outside(before, schema, "maximum") : List.of();
            case "minLength" -> shorter(before, value.count());
            case "maxLength" -> longer(before, value.count());
            case "pattern" -> each(before, Facts.STRING, f -> f.notPatterns.add(value));
            case "minItems" ->
                    value.count() == 0
                            ? List.of()
                            : each(
                                    before,
                                    Facts.ARRAY,
                                    f -> f.maxItems = Math.min(f.maxItems, value.count() - 1));
            case "maxItems" ->
                    each(
                            before,
                            Facts.ARRAY,
                            f -> f.minItems = Math.max(f.minItems, more(value.count())));
            case "minProperties" ->
                    value.count() == 0
                            ? List.of()
                            : each(
                                    before,
                                    Facts.OBJECT,
                                    f ->
                                            f.maxProperties =
                                                    Math.min(f.maxProperties, value.count() - 1));
            case "maxProperties" ->
                    each(
                            before,
                            Facts.OBJECT,
                            f -> f.minProperties = Math.max(f.minProperties, more(value.count())));
            case "required" -> required(before, value);
            case "properties" -> properties(before, value.schemas());
            case "additionalProperties" -> additional(before, schema, value.asSchema());
            case "patternProperties" -> patterns(before, value);
            case "prefixItems" -> prefix(before, value);
            case "items" -> items(before, schema, value);
            case "$ref", "$dynamicRef", "$recursiveRef" ->
                    without(before, expansion.target(value, keyword));
            case "not" -> expansion.and(copies(before), value.asSchema());
            case "allOf" -> {
                var all = new ArrayList<Facts>();
                for (var part : value.schemaList()) all.addAll(without(before, part));
                yield all;
            }
            case "anyOf" -> {
                var all = before;
                for (var part : value.schemaList()) all = without(all, part);
                yield all;
            }
            case "oneOf" -> one(before, value.schemaList());
            case "if" -> conditional(before, schema, value.asSchema());
            case "dependentRequired", "dependentSchemas", "dependencies" ->
                    dependencies(before, value);
            case "format" -> {
                if (Formats.of(value.string()) == null) yield List.of();
                throw refused(value, keyword);
            }
            case "multipleOf",
                    "propertyNames",
                    "contains",
                    "uniqueItems",
                    "unevaluatedProperties",
                    "unevaluatedItems" ->
                    throw refused(value, keyword);
            default -> List.of(); // not a keyword
        };
    }

    private static SchemaException refused(SchemaNode value, String keyword) {
        return value.invalid(
                keyword
                        + " is not supported where it must not hold (in not, in if, in a oneOf whose"
                        + " branches overlap): say what is allowed instead");
    }

    private static int more(int count) {
        return count == Expr.MANY ? count : count + 1;
    }

    static List<Facts> copies(List<Facts> before) {
        var all = new ArrayList<Facts>();
        for (var facts : before) all.add(facts.copy());
        return all;
    }

    private static List<Facts> each(List<Facts> before, Consumer<Facts> change) {
        return each(before, Facts.ALL, change);
    }

    /// Copies that are limited to some types and changed, without those that allow nothing.
    private static List<Facts> each(List<Facts> before, int types, Consumer<Facts> change) {
        var all = new ArrayList<Facts>();
        for (var facts : before) {
            if ((facts.types & types) == 0) continue;
            var copy = facts.copy();
            copy.types &= types;
            change.accept(copy);
            if (copy.isPossible()) all.add(copy);
        }
        return all;
    }

    private static void exceptTypes(Facts facts, SchemaNode type) {
        facts.types &= ~Facts.types(type);
        if ((facts.types & (Facts.INTEGER | Facts.FRACTION)) == Facts.FRACTION)
            throw type.invalid("numbers that are no integers are not supported: allow both");
    }

    private static List<Facts> values(List<Facts> before, List<Json> values) {
        var numbers = new TreeSet<BigDecimal>();
        var others = new ArrayList<Json>();
        for (Json value : values) {
            if (value instanceof Json.Num number) numbers.add(new BigDecimal(number.literal()));
            else others.add(value);
        }
        if (numbers.isEmpty()) return each(before, f -> f.excluded.addAll(others));
        int number = Facts.INTEGER | Facts.FRACTION;
        var all =
                new ArrayList<>(each(before, Facts.ALL & ~number, f -> f.excluded.addAll(others)));
        BigDecimal last = null;
        for (BigDecimal next : numbers) {
            var gap = new Bounds(last, true, next, true, null);
            all.addAll(each(before, number, f -> f.bounds = f.bounds.and(gap)));
            last = next;
        }
        var rest = new Bounds(last, true, null, false, null);
        all.addAll(each(before, number, f -> f.bounds = f.bounds.and(rest)));
        return all;
    }

    /// Numbers beyond a bound.
    private static List<Facts> outside(List<Facts> before, SchemaNode schema, String keyword) {
        var bounds = Facts.bounds(schema);
        var beyond =
                keyword.equals("minimum")
                        ? new Bounds(null, false, bounds.low(), !bounds.lowOpen(), null)
                        : new Bounds(bounds.high(), !bounds.highOpen(), null, false, null);
        return each(before, Facts.INTEGER | Facts.FRACTION, f -> f.bounds = f.bounds.and(beyond));
    }

    private static List<Facts> shorter(List<Facts> before, int length) {
        return length == 0
                ? List.of()
                : each(before, Facts.STRING, f -> f.maxLength = Math.min(f.maxLength, length - 1));
    }

    private static List<Facts> longer(List<Facts> before, int length) {
        return each(before, Facts.STRING, f -> f.minLength = Math.max(f.minLength, more(length)));
    }

    private static List<Facts> required(List<Facts> before, SchemaNode keys) {
        if (keys.json() instanceof Json.Bool) return List.of(); // draft 3
        var all = new ArrayList<Facts>();
        for (var key : keys.items()) all.addAll(absent(before, key.string(), key));
        return all;
    }

    /// Objects that lack a key.
    static List<Facts> absent(List<Facts> before, String key, SchemaNode because) {
        var never = new SchemaNode(because.pointer() + "/(absent)", new Json.Bool(false));
        return each(before, Facts.OBJECT, f -> f.members.add(new Facts.Member(key, never)));
    }

    /// Objects that have a key whose value does not fit.
    private static List<Facts> wrong(List<Facts> before, String key, SchemaNode schema) {
        if (schema.always()) return List.of();
        return each(
                before,
                Facts.OBJECT,
                f -> {
                    f.required.add(key);
                    f.members.add(new Facts.Member(key, schema.negated()));
                });
    }

    private List<Facts> properties(List<Facts> before, Map<String, SchemaNode> properties) {
        var all = new ArrayList<Facts>();
        properties.forEach((key, schema) -> all.addAll(wrong(before, key, schema)));
        return all;
    }

    /// Objects with a key that is neither named nor covered by a pattern: known if the keys are.
    private List<Facts> additional(List<Facts> before, SchemaNode schema, SchemaNode additional) {
        if (additional.always()) return List.of();
        var named = schema.get("properties");
        var patterns = schema.get("patternProperties");
        var all = new ArrayList<Facts>();
        for (var facts : before) {
            if ((facts.types & Facts.OBJECT) == 0) continue;
            for (String key : keys(facts, additional, "additionalProperties")) {
                if (named != null && named.get(key) != null) continue;
                if (patterns != null && covered(patterns, key)) continue;
                all.addAll(wrong(List.of(facts), key, additional));
            }
        }
        return all;
    }

    private boolean covered(SchemaNode patterns, String key) {
        return patterns.schemas().entrySet().stream()
                .anyMatch(entry -> matches.test(SchemaObjects.pattern(entry), key));
    }

    private List<Facts> patterns(List<Facts> before, SchemaNode patterns) {
        var all = new ArrayList<Facts>();
        for (var facts : before) {
            if ((facts.types & Facts.OBJECT) == 0) continue;
            for (String key : keys(facts, patterns, "patternProperties"))
                for (var entry : patterns.schemas().entrySet())
                    if (matches.test(SchemaObjects.pattern(entry), key))
                        all.addAll(wrong(List.of(facts), key, entry.getValue()));
        }
        return all;
    }

    private static Set<String> keys(Facts facts, SchemaNode value, String keyword) {
        var keys = facts.onlyKeys();
        if (keys == null) throw refused(value, keyword);
        return keys;
    }

    private static List<Facts> prefix(List<Facts> before, SchemaNode prefix) {
        var all = new ArrayList<Facts>();
        List<SchemaNode> items = prefix.schemaList();
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).always()) continue;
            int place = i;
            var first = new ArrayList<SchemaNode>();
            var any = new SchemaNode(prefix.pointer() + "/(any)", new Json.Bool(true));
            for (int j = 0; j < i; j++) first.add(any);
            first.add(items.get(i).negated());
            all.addAll(
                    each(
                            before,
                            Facts.ARRAY,
                            f -> {
                                f.minItems = Math.max(f.minItems, place + 1);
                                f.items.add(new Facts.Items(first, null));
                            }));
        }
        return all;
    }

    /// Arrays with an item that does not fit, behind those that have schemas of their own.
    private static List<Facts> items(List<Facts> before, SchemaNode schema, SchemaNode value) {
        if (value.json() instanceof Json.Arr) {
            var rest = schema.get("additionalItems");
            if (rest != null && !rest.asSchema().always()) throw refused(rest, "additionalItems");
            return prefix(before, value);
        }
        var items = value.asSchema();
        if (items.always()) return List.of();
        var prefix = schema.get("prefixItems");
        int first = prefix == null ? 0 : prefix.items().size();
        if (items.json() instanceof Json.Bool)
            return each(before, Facts.ARRAY, f -> f.minItems = Math.max(f.minItems, first + 1));
        if (first > 0) throw refused(value, "items behind prefixItems");
        return each(
                before,
                Facts.ARRAY,
                f -> f.contains.add(new Facts.Contains(items.negated(), 1, Expr.MANY)));
    }

    /// None of them, or two.
    private List<Facts> one(List<Facts> before, List<SchemaNode> parts) {
        List<Facts> none = before;
        for (var part : parts) none = without(none, part);
        var all = new ArrayList<>(none);
        for (int i = 0; i < parts.size(); i++)
            for (int j = 0; j < i; j++)
                all.addAll(
                        expansion.and(expansion.and(copies(before), parts.get(i)), parts.get(j)));
        return all;
    }

    private List<Facts> conditional(List<Facts> before, SchemaNode schema, SchemaNode condition) {
        var then = schema.get("then");
        var otherwise = schema.get("else");
        var all = new ArrayList<Facts>();
        if (then != null)
            all.addAll(without(expansion.and(copies(before), condition), then.asSchema()));
        if (otherwise != null)
            all.addAll(without(without(before, condition), otherwise.asSchema()));
        return all;
    }

    private List<Facts> dependencies(List<Facts> before, SchemaNode list) {
        var all = new ArrayList<Facts>();
        if (!(list.json() instanceof Json.Obj object)) throw list.invalid("must be an object");
        object.fields()
                .forEach((key, json) -> {
                    var value = list.child(key, json);
                    var having = each(before, Facts.OBJECT, f -> f.required.add(key));
                    if (json instanceof Json.Arr) all.addAll(required(having, value));
                    else all.addAll(without(having, value.asSchema()));
                });
        return all;
    }
}

package chuan.engine.constrain;

import chuan.engine.constrain.NumberRange.Bounds;
import chuan.files.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What schemas that hold together say about one value, alternatives resolved: the limits of each
/// type. Schemas are taken in one after the other; each makes it narrower.
final class Facts {
    static final int NULL = 1;
    static final int BOOLEAN = 2;
    static final int INTEGER = 4;
    static final int FRACTION = 8;
    static final int STRING = 16;
    static final int ARRAY = 32;
    static final int OBJECT = 64;
    static final int ALL = 127;

    /// What one schema says about the keys of an object: `additional` is about those that are
    /// neither in `properties` nor match a pattern.
    record Group(
            Map<String, SchemaNode> properties,
            Map<String, SchemaNode> patterns,
            @Nullable SchemaNode additional) {}

    /// What one schema says about the items of an array.
    record Items(List<SchemaNode> first, @Nullable SchemaNode rest) {}

    /// What else holds for the value of a key, which need not be there; `false` = must not be.
    record Member(String key, SchemaNode schema) {}

    /// How many items fit a schema.
    record Contains(SchemaNode schema, int min, int max) {}

    int types = ALL;
    @Nullable List<Json> values;
    List<Json> excluded = new ArrayList<>();
    Bounds bounds = Bounds.NONE;
    int minLength;
    int maxLength = Expr.MANY;
    Set<SchemaNode> patterns = new LinkedHashSet<>();
    Set<SchemaNode> notPatterns = new LinkedHashSet<>();
    Set<String> formats = new LinkedHashSet<>();
    int minItems;
    int maxItems = Expr.MANY;
    List<Items> items = new ArrayList<>();
    List<Contains> contains = new ArrayList<>();

    /// Who says that items differ; null = nobody.
    @Nullable SchemaNode unique;

    int minProperties;
    int maxProperties = Expr.MANY;
    Set<String> required = new LinkedHashSet<>();
    List<Group> groups = new ArrayList<>();
    List<Member> members = new ArrayList<>();
    List<SchemaNode> names = new ArrayList<>();

    Facts copy() {
        var copy = new Facts();
        copy.types = types;
        copy.values = values;
        copy.excluded = new ArrayList<>(excluded);
        copy.bounds = bounds;
        copy.minLength = minLength;
        copy.maxLength = maxLength;
        copy.patterns = new LinkedHashSet<>(patterns);
        copy.notPatterns = new LinkedHashSet<>(notPatterns);
        copy.formats = new LinkedHashSet<>(formats);
        copy.minItems = minItems;
        copy.maxItems = maxItems;
        copy.items = new ArrayList<>(items);
        copy.contains = new ArrayList<>(contains);
        copy.unique = unique;
        copy.minProperties = minProperties;
        copy.maxProperties = maxProperties;
        copy.required = new LinkedHashSet<>(required);
        copy.groups = new ArrayList<>(groups);
        copy.members = new ArrayList<>(members);
        copy.names = new ArrayList<>(names);
        return copy;
    }

    /// Whether it is not obvious that nothing fits.
    boolean isPossible() {
        if (types == 0) return false;
        if (values != null)
            return values.stream()
                    .anyMatch(v -> (types & typeOf(v)) != 0 && !contains(excluded, v));
        return switch (types) {
            case INTEGER, INTEGER | FRACTION -> !bounds.empty();
            case STRING -> minLength <= maxLength;
            case ARRAY -> minItems <= maxItems;
            case OBJECT ->
                    minProperties <= maxProperties
                            && members.stream()
                                    .noneMatch(m -> m.schema.never() && required.contains(m.key));
            default -> true;
        };
    }

    /// The only keys that objects may have, if a schema lists them; else null.
    @Nullable Set<String> onlyKeys() {
        for (var group : groups)
            if (group.additional != null && group.additional.never() && group.patterns.isEmpty())
                return group.properties.keySet();
        return null;
    }

    /// Takes in what an object schema says by itself, without its subschemas' alternatives.
    void take(SchemaNode schema) {
        takeTypes(schema);
        bounds = bounds.and(bounds(schema));
        takeStrings(schema);
        takeArrays(schema);
        takeObjects(schema);
    }

    private void takeTypes(SchemaNode schema) {
        var type = schema.get("type");
        if (type != null) types &= types(type);
        var one = schema.get("const");
        if (one != null) only(List.of(data(one)));
        var some = schema.get("enum");
        if (some != null) only(some.items().stream().map(Facts::data).toList());
    }

    /// A value that is written as it stands.
    static Json data(SchemaNode node) {
        switch (node.json()) {
            case Json.Num number -> node.decimal(number);
            case Json.Str text -> checkText(node, text.text());
            case Json.Arr _ -> node.items().forEach(Facts::data);
            case Json.Obj object ->
                    object.fields()
                            .forEach((name, value) -> {
                                checkText(node, name);
                                data(node.child(name, value));
                            });
            case Json.Null _, Json.Bool _ -> {}
        }
        return node.json();
    }

    private static void checkText(SchemaNode node, String text) {
        if (text.codePoints().anyMatch(c -> c >= 0xD800 && c < 0xE000))
            throw node.invalid("holds half a surrogate pair, which cannot be written");
    }

    static int types(SchemaNode type) {
        if (!(type.json() instanceof Json.Arr)) return typeOf(type);
        int all = 0;
        for (var item : type.items()) all |= typeOf(item);
        return all;
    }

    private static int typeOf(SchemaNode type) {
        return switch (type.string()) {
            case "null" -> NULL;
            case "boolean" -> BOOLEAN;
            case "integer" -> INTEGER;
            case "number" -> INTEGER | FRACTION;
            case "string" -> STRING;
            case "array" -> ARRAY;
            case "object" -> OBJECT;
            default ->
                    throw type.invalid(
                            "'"
                                    + type.string()
                                    + "' is no type: use null, boolean, integer, number, string,"
                                    + " array or object");
        };
    }

    private void only(List<Json> allowed) {
        var before = values;
        if (before == null) values = allowed;
        else values = before.stream().filter(v -> contains(allowed, v)).toList();
    }

    /// What a schema says about numbers by itself.
    static Bounds bounds(SchemaNode schema) {
        var all = Bounds.NONE;
        for (String keyword : List.of("minimum", "exclusiveMinimum")) {
            var limit = schema.get(keyword);
            if (limit == null || limit.json() instanceof Json.Bool) continue;
            boolean open = keyword.startsWith("ex") || isTrue(schema.get("exclusiveMinimum"));
            all = all.and(new Bounds(limit.number(), open, null, false, null));
        }
        for (String keyword : List.of("maximum", "exclusiveMaximum")) {
            var limit = schema.get(keyword);
            if (limit == null || limit.json() instanceof Json.Bool) continue;
            boolean open = keyword.startsWith("ex") || isTrue(schema.get("exclusiveMaximum"));
            all = all.and(new Bounds(null, false, limit.number(), open, null));
        }
        var multiple = schema.get("multipleOf");
        if (multiple == null) return all;
        if (multiple.number().signum() <= 0) throw multiple.invalid("must be greater than 0");
        return all.and(new Bounds(null, false, null, false, multiple.number()));
    }

    /// Draft 4 says with true that `minimum` itself is out.
    private static boolean isTrue(@Nullable SchemaNode node) {
        return node != null && node.json() instanceof Json.Bool bool && bool.value();
    }

    private void takeStrings(SchemaNode schema) {
        minLength = Math.max(minLength, count(schema, "minLength", 0));
        maxLength = Math.min(maxLength, count(schema, "maxLength", Expr.MANY));
        var pattern = schema.get("pattern");
        if (pattern != null) patterns.add(pattern);
        var format = schema.get("format");
        if (format != null) formats.add(format.string());
    }

    private void takeArrays(SchemaNode schema) {
        minItems = Math.max(minItems, count(schema, "minItems", 0));
        maxItems = Math.min(maxItems, count(schema, "maxItems", Expr.MANY));
        var fitting = schema.get("contains");
        if (fitting != null) {
            int min = count(schema, "minContains", 1);
            int max = count(schema, "maxContains", Expr.MANY);
            if (min > 0 || max < Expr.MANY)
                contains.add(new Contains(fitting.asSchema(), min, max));
        }
        var distinct = schema.get("uniqueItems");
        if (distinct != null && distinct.flag()) unique = distinct;
        var prefix = schema.get("prefixItems");
        var rest = schema.get("items");
        if (rest != null && rest.json() instanceof Json.Arr) { // before 2020-12
            prefix = rest;
            rest = schema.get("additionalItems");
        }
        if (prefix == null && rest == null) return;
        items.add(
                new Items(
                        prefix == null ? List.of() : prefix.schemaList(),
                        rest == null ? null : rest.asSchema()));
    }

    private void takeObjects(SchemaNode schema) {
        minProperties = Math.max(minProperties, count(schema, "minProperties", 0));
        maxProperties = Math.min(maxProperties, count(schema, "maxProperties", Expr.MANY));
        var keys = schema.get("required");
        if (keys != null && !(keys.json() instanceof Json.Bool))
            for (var key : keys.items()) required.add(((Json.Str) data(text(key))).text());
        var naming = schema.get("propertyNames");
        if (naming != null) names.add(naming.asSchema());
        var properties = schema.get("properties");
        var byPattern = schema.get("patternProperties");
        var additional = schema.get("additionalProperties");
        if (properties == null && byPattern == null && additional == null) return;
        groups.add(
                new Group(
                        properties == null ? Map.of() : properties.schemas(),
                        byPattern == null ? Map.of() : byPattern.schemas(),
                        additional == null ? null : additional.asSchema()));
    }

    private static SchemaNode text(SchemaNode node) {
        if (node.json() instanceof Json.Str) return node;
        throw node.invalid("must be a string");
    }

    private static int count(SchemaNode schema, String keyword, int absent) {
        var node = schema.get(keyword);
        return node == null ? absent : node.count();
    }

    static int typeOf(Json value) {
        return switch (value) {
            case Json.Null _ -> NULL;
            case Json.Bool _ -> BOOLEAN;
            case Json.Num number -> {
                var stripped = new BigDecimal(number.literal()).stripTrailingZeros();
                yield stripped.scale() <= 0 ? INTEGER : FRACTION;
            }
            case Json.Str _ -> STRING;
            case Json.Arr _ -> ARRAY;
            case Json.Obj _ -> OBJECT;
        };
    }

    static boolean contains(List<Json> values, Json value) {
        Json wanted = comparable(value);
        return values.stream().anyMatch(v -> comparable(v).equals(wanted));
    }

    /// Numbers that are the same written the same.
    private static Json comparable(Json value) {
        return switch (value) {
            case Json.Num number -> {
                var decimal = new BigDecimal(number.literal());
                yield new Json.Num(
                        decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toString());
            }
            case Json.Arr array ->
                    new Json.Arr(array.items().stream().map(Facts::comparable).toList());
            case Json.Obj object -> {
                var fields = new HashMap<String, Json>();
                object.fields().forEach((name, field) -> fields.put(name, comparable(field)));
                yield new Json.Obj(fields);
            }
            case Json.Null _, Json.Bool _, Json.Str _ -> value;
        };
    }
}

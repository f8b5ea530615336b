package chuan.engine.constrain;

import chuan.engine.constrain.Expr.Rule;
import chuan.files.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns a JSON schema (draft 2020-12, and what older drafts spell differently) into a grammar of
/// its values. Every value that the schema allows has a spelling in the grammar, and nothing else
/// has; what cannot be followed is refused. See `docs/structured-output.md` for what that is, and
/// for the two departures: objects whose schema does not mention `additionalProperties` have only
/// the keys it names, and numbers have at most 20 digits before and behind the point.
final class SchemaCompiler {
    private static final int DEEPEST = 300;
    private static final int DEEPEST_COMPARISON = 4;

    private final JsonText text = new JsonText(false);
    private final SchemaStrings strings = new SchemaStrings(text);
    private final SchemaExpansion expansion;
    private final SchemaObjects objects;
    private final SchemaArrays arrays;
    private final SchemaValues values;
    private final Map<String, Expr> known = new HashMap<>();
    private final Set<String> recursive = new HashSet<>();
    private int depth;
    private int comparing;

    /// How a schema is read.
    ///
    /// @param open objects may have keys that the schema does not mention
    /// @param anyOrder keys may stand in any order
    record Options(boolean open, boolean anyOrder) {}

    private SchemaCompiler(SchemaDocument document) {
        values = new SchemaValues(this, strings);
        expansion =
                new SchemaExpansion(
                        document, values::disjoint, values::contradicts, strings::matches);
        objects = new SchemaObjects(this, text, strings, options(document.root()));
        arrays = new SchemaArrays(this, text);
    }

    /// @throws SchemaException if it cannot be followed
    static Expr compile(Json schema) {
        var document = new SchemaDocument(schema);
        var compiler = new SchemaCompiler(document);
        return compiler.value(List.of(document.root()));
    }

    /// The same, objects only.
    static Expr compileObject(Json schema) {
        var document = new SchemaDocument(schema);
        var compiler = new SchemaCompiler(document);
        var object = new SchemaNode("(an object)", Json.Obj.of("type", "object"));
        return compiler.value(List.of(document.root(), object));
    }

    /// Our own keyword.
    private static Options options(SchemaNode root) {
        var own = root.get("x-chuan");
        if (own == null) return new Options(false, false);
        if (!(own.json() instanceof Json.Obj object)
                || !Set.of("absent", "order").containsAll(object.fields().keySet()))
            throw own.invalid(
                    "must be an object with \"absent\" (\"open\" or \"closed\"), \"order\" (\"any\" or"
                            + " \"schema\") or both");
        return new Options(
                choice(own.get("absent"), "open", "closed"),
                choice(own.get("order"), "any", "schema"));
    }

    private static boolean choice(@Nullable SchemaNode node, String yes, String no) {
        if (node == null || node.string().equals(no)) return false;
        if (node.string().equals(yes)) return true;
        throw node.invalid("must be \"" + yes + "\" or \"" + no + "\"");
    }

    List<Facts> facts(List<SchemaNode> schemas) {
        return expansion.of(schemas);
    }

    SchemaValues values() {
        return values;
    }

    SchemaObjects objects() {
        return objects;
    }

    /// Keeps comparisons of schemas that contain each other from going on for ever.
    boolean mayLookInto() {
        if (comparing >= DEEPEST_COMPARISON) return false;
        comparing++;
        return true;
    }

    void lookedInto() {
        comparing--;
    }

    /// Values that fit all these schemas.
    Expr value(List<SchemaNode> schemas) {
        var distinct = new LinkedHashMap<String, SchemaNode>();
        for (var schema : schemas) if (!schema.always()) distinct.put(schema.pointer(), schema);
        if (distinct.isEmpty()) return text.value();
        String key = String.join("\n", distinct.keySet());
        Expr before = known.get(key);
        if (before != null) {
            if (before instanceof Rule rule && rule.body == null) recursive.add(key);
            return before;
        }
        if (++depth > DEEPEST)
            throw distinct.firstEntry()
                    .getValue()
                    .tooComplex("schemas are nested deeper than " + DEEPEST + " levels");
        var rule = new Rule(key);
        known.put(key, rule);
        Expr made = alternatives(facts(List.copyOf(distinct.values())));
        depth--;
        rule.body = made;
        if (recursive.contains(key)) return rule;
        known.put(key, made);
        return made;
    }

    private Expr alternatives(List<Facts> all) {
        var ways = new ArrayList<Expr>();
        for (var facts : all) {
            if (facts.values != null) {
                for (Json value : facts.values)
                    if (values.fits(facts, value)) ways.add(text.literal(value));
            } else {
                types(facts, ways);
            }
        }
        return Expr.alt(ways);
    }

    private void types(Facts facts, List<Expr> ways) {
        if (allows(facts, Facts.NULL, new Json.Null())) ways.add(Expr.text("null"));
        if (allows(facts, Facts.BOOLEAN, new Json.Bool(true))) ways.add(Expr.text("true"));
        if (allows(facts, Facts.BOOLEAN, new Json.Bool(false))) ways.add(Expr.text("false"));
        if ((facts.types & Facts.INTEGER) != 0) ways.add(number(facts));
        if ((facts.types & Facts.STRING) != 0) ways.add(strings.of(facts));
        if ((facts.types & Facts.ARRAY) != 0) ways.add(arrays.of(facts));
        if ((facts.types & Facts.OBJECT) != 0) ways.add(objects.of(facts));
        for (Json value : facts.excluded) {
            if (value instanceof Json.Null
                    || value instanceof Json.Bool
                    || value instanceof Json.Str) continue;
            if ((facts.types & Facts.typeOf(value)) != 0)
                throw new SchemaException(
                        "invalid_json_schema",
                        "schema",
                        "#",
                        "not is supported for strings, booleans, null and with enum beside it: say"
                                + " what is allowed instead of excluding "
                                + value.compact());
        }
    }

    private static boolean allows(Facts facts, int type, Json value) {
        return (facts.types & type) != 0 && !Facts.contains(facts.excluded, value);
    }

    private Expr number(Facts facts) {
        boolean fractions = (facts.types & Facts.FRACTION) != 0;
        if (fractions && facts.bounds.equals(NumberRange.Bounds.NONE)) return text.anyNumber();
        try {
            return NumberRange.of(facts.bounds, fractions);
        } catch (IllegalArgumentException e) {
            throw new SchemaException(
                    "invalid_json_schema",
                    "schema",
                    "#",
                    "a limit of a number, or its multipleOf, " + e.getMessage());
        }
    }
}

package chuan.engine.constrain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The objects that [Facts] allow: declared keys in the order of the schema, then others.
final class SchemaObjects {
    private static final int MOST_PATTERNS = 4;
    private static final int MOST_PLACES = 200_000;

    private final SchemaCompiler compiler;
    private final JsonText text;
    private final SchemaStrings strings;
    private final SchemaCompiler.Options options;

    SchemaObjects(
            SchemaCompiler compiler,
            JsonText text,
            SchemaStrings strings,
            SchemaCompiler.Options options) {
        this.compiler = compiler;
        this.text = text;
        this.strings = strings;
        this.options = options;
    }

    Expr of(Facts facts) {
        if (facts.minProperties > facts.maxProperties) return Expr.impossible();
        boolean free =
                facts.groups.isEmpty()
                        && facts.members.isEmpty()
                        && facts.required.isEmpty()
                        && facts.names.isEmpty()
                        && facts.minProperties == 0
                        && facts.maxProperties == Expr.MANY;
        if (free) return text.object();
        Set<String> declared = declared(facts);
        List<Expr> named = facts.names.isEmpty() ? List.of() : List.of(names(facts));
        Expr others = others(facts, declared, named);
        checkCount(facts, declared, others);
        return Expr.seq(text.open("{"), members(facts, declared, named, others), text.close("}"));
    }

    private static Set<String> declared(Facts facts) {
        var keys = new LinkedHashSet<String>();
        for (var group : facts.groups) keys.addAll(group.properties().keySet());
        keys.addAll(facts.required);
        for (var member : facts.members) keys.add(member.key());
        return keys;
    }

    /// The strings that `propertyNames` allows.
    private Expr names(Facts facts) {
        var ways = new ArrayList<Expr>();
        for (var alternative : compiler.facts(facts.names)) {
            if ((alternative.types & Facts.STRING) == 0) continue;
            var values = alternative.values;
            if (values == null) {
                ways.add(strings.of(alternative));
                continue;
            }
            for (var value : values)
                if (value instanceof chuan.files.Json.Str key
                        && compiler.values().fits(alternative, value))
                    ways.add(Expr.text(JsonText.spell(key.text())));
        }
        return Expr.alt(ways);
    }

    /// What holds for the value of a key.
    List<SchemaNode> schemas(Facts facts, String key) {
        var all = new ArrayList<SchemaNode>();
        for (var group : facts.groups) {
            boolean covered = false;
            var own = group.properties().get(key);
            if (own != null) {
                all.add(own);
                covered = true;
            }
            for (var pattern : group.patterns().entrySet()) {
                if (!strings.matches(pattern(pattern), key)) continue;
                all.add(pattern.getValue());
                covered = true;
            }
            var additional = group.additional();
            if (!covered && additional != null) all.add(additional);
        }
        for (var member : facts.members) if (member.key().equals(key)) all.add(member.schema());
        return all;
    }

    /// The expression of a `patternProperties` entry, as a place in the schema.
    static SchemaNode pattern(Map.Entry<String, SchemaNode> entry) {
        return new SchemaNode(entry.getValue().pointer(), new chuan.files.Json.Str(entry.getKey()));
    }

    /// Members whose keys no schema names.
    private Expr others(Facts facts, Set<String> declared, List<Expr> named) {
        var patterns = new LinkedHashMap<String, SchemaNode>();
        for (var group : facts.groups)
            for (var entry : group.patterns().entrySet())
                patterns.putIfAbsent(entry.getKey(), pattern(entry));
        if (patterns.size() > MOST_PATTERNS)
            throw patterns.firstEntry()
                    .getValue()
                    .tooComplex(
                            "more than "
                                    + MOST_PATTERNS
                                    + " patternProperties: join those with the same schema");
        var taken = new ArrayList<Expr>();
        for (String key : declared) taken.add(Expr.text(JsonText.spell(key)));
        var ways = new ArrayList<Expr>();
        List<SchemaNode> all = List.copyOf(patterns.values());
        for (int chosen = 0; chosen < 1 << all.size(); chosen++) {
            if (chosen == 0 && !openFor(facts)) continue;
            Set<String> matching = new LinkedHashSet<>();
            var must = new ArrayList<>(named);
            var mustNot = new ArrayList<Expr>();
            if (!taken.isEmpty()) mustNot.add(Expr.alt(taken));
            for (int i = 0; i < all.size(); i++) {
                boolean in = (chosen >> i & 1) != 0;
                if (in) matching.add(all.get(i).string());
                (in ? must : mustNot).add(strings.keys(all.get(i)));
            }
            var schemas = schemas(facts, matching);
            if (schemas.stream().anyMatch(SchemaNode::never)) continue;
            ways.add(Expr.seq(strings.keys(must, mustNot), text.colon(), compiler.value(schemas)));
        }
        return Expr.alt(ways);
    }

    private static List<SchemaNode> schemas(Facts facts, Set<String> matching) {
        var all = new ArrayList<SchemaNode>();
        for (var group : facts.groups) {
            boolean covered = false;
            for (var pattern : group.patterns().entrySet()) {
                if (!matching.contains(pattern.getKey())) continue;
                all.add(pattern.getValue());
                covered = true;
            }
            var additional = group.additional();
            if (!covered && additional != null) all.add(additional);
        }
        return all;
    }

    /// Whether a key may be used that neither a name nor a pattern covers.
    private boolean openFor(Facts facts) {
        if (options.open()) return true;
        boolean mentioned = false;
        for (var group : facts.groups) {
            if (group.additional() != null) return true;
            mentioned |= !group.properties().isEmpty() || !group.patterns().isEmpty();
        }
        return !mentioned;
    }

    /// Other keys may be written twice, so they cannot be counted up to a minimum.
    private static void checkCount(Facts facts, Set<String> declared, Expr others) {
        if (none(others) || facts.minProperties <= Math.max(1, facts.required.size())) return;
        throw new SchemaException(
                "invalid_json_schema",
                "schema",
                declared.isEmpty() ? "#" : "#/properties",
                "minProperties above 1 is not supported where keys are free: name the keys and"
                        + " require them");
    }

    private static boolean none(Expr others) {
        return others instanceof Expr.Alt alt && alt.items.length == 0;
    }

    private Expr members(Facts facts, Set<String> declared, List<Expr> named, Expr others) {
        var allowed = named.isEmpty() ? null : new Recognizer(named.getFirst(), 0);
        if (options.anyOrder()) return anyOrder(facts, declared, allowed, others);
        List<String> keys = List.copyOf(declared);
        int limit = facts.maxProperties;
        // keys so far: all above are as good as this
        int most =
                limit < Expr.MANY
                        ? Math.min(limit, keys.size())
                        : Math.max(1, Math.min(facts.minProperties, keys.size()));
        if ((long) keys.size() * (most + 1) > MOST_PLACES)
            throw new GrammarLimitException("an object with too many keys to count");
        var tails = new Expr[most + 1];
        for (int count = 0; count <= most; count++) tails[count] = end(facts, count, others);
        for (int i = keys.size() - 1; i >= 0; i--) {
            String key = keys.get(i);
            Expr member = member(facts, key, allowed);
            boolean required = facts.required.contains(key);
            var before = new Expr[most + 1];
            for (int count = 0; count <= most; count++) {
                var ways = new ArrayList<Expr>();
                if (!required) ways.add(tails[count]);
                if (count < limit) {
                    Expr comma = count == 0 ? Expr.nothing() : text.comma();
                    ways.add(Expr.seq(comma, member, tails[Math.min(most, count + 1)]));
                }
                before[count] = Expr.alt(ways);
            }
            tails = before;
        }
        return tails[0];
    }

    private Expr member(Facts facts, String key, @Nullable Recognizer allowed) {
        if (allowed != null && !SchemaStrings.accepts(allowed, JsonText.spell(key)))
            return Expr.impossible();
        var schemas = schemas(facts, key);
        if (schemas.stream().anyMatch(SchemaNode::never)) return Expr.impossible();
        return Expr.seq(Expr.text(JsonText.spell(key)), text.colon(), compiler.value(schemas));
    }

    private Expr anyOrder(
            Facts facts, Set<String> declared, @Nullable Recognizer allowed, Expr others) {
        if (declared.size() > Expr.Choice.MOST)
            throw new SchemaException(
                    "schema_too_complex",
                    "schema",
                    "#/x-chuan/order",
                    "any order is supported for objects of up to "
                            + Expr.Choice.MOST
                            + " keys: leave it out");
        if (!none(others) && facts.maxProperties < Expr.MANY)
            throw new SchemaException(
                    "invalid_json_schema",
                    "schema",
                    "#/x-chuan/order",
                    "any order is not supported with maxProperties where keys are free: leave it out");
        var members = new ArrayList<Expr>();
        int required = 0;
        for (String key : declared) {
            if (facts.required.contains(key)) required |= 1 << members.size();
            members.add(member(facts, key, allowed));
        }
        return new Expr.Choice(
                members, others, text.comma(), required, facts.minProperties, facts.maxProperties);
    }

    /// Behind the declared keys.
    private Expr end(Facts facts, int count, Expr others) {
        int min = Math.max(0, facts.minProperties - count);
        int max = facts.maxProperties == Expr.MANY ? Expr.MANY : facts.maxProperties - count;
        if (none(others)) return min == 0 ? Expr.nothing() : Expr.impossible();
        return count == 0
                ? text.list(others, min, max)
                : Expr.repeat(Expr.seq(text.comma(), others), min, max);
    }
}

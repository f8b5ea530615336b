package chuan.engine.constrain;

import chuan.files.Json;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/// Judges given values by [Facts], and whether two of them have no value in common.
final class SchemaValues {
    private final SchemaCompiler compiler;
    private final SchemaStrings strings;

    SchemaValues(SchemaCompiler compiler, SchemaStrings strings) {
        this.compiler = compiler;
        this.strings = strings;
    }

    boolean fits(List<SchemaNode> schemas, Json value) {
        return compiler.facts(schemas).stream().anyMatch(f -> fits(f, value));
    }

    /// As the standard has it: keys that no schema mentions are allowed.
    boolean fits(Facts facts, Json value) {
        if ((facts.types & Facts.typeOf(value)) == 0) return false;
        if (facts.values != null && !Facts.contains(facts.values, value)) return false;
        if (Facts.contains(facts.excluded, value)) return false;
        return switch (value) {
            case Json.Null _, Json.Bool _ -> true;
            case Json.Num number -> facts.bounds.has(new BigDecimal(number.literal()));
            case Json.Str text -> strings.fits(facts, text.text());
            case Json.Arr array -> fits(facts, array);
            case Json.Obj object -> fits(facts, object);
        };
    }

    private boolean fits(Facts facts, Json.Arr array) {
        int size = array.items().size();
        if (size < facts.minItems || size > facts.maxItems) return false;
        for (int i = 0; i < size; i++)
            if (!fits(SchemaArrays.item(facts, i), array.items().get(i))) return false;
        for (var contains : facts.contains) {
            long found =
                    array.items().stream()
                            .filter(item -> fits(List.of(contains.schema()), item))
                            .count();
            if (found < contains.min() || found > contains.max()) return false;
        }
        if (facts.unique == null) return true;
        for (int i = 0; i < size; i++)
            if (Facts.contains(array.items().subList(0, i), array.items().get(i))) return false;
        return true;
    }

    private boolean fits(Facts facts, Json.Obj object) {
        var fields = object.fields();
        if (fields.size() < facts.minProperties || fields.size() > facts.maxProperties)
            return false;
        if (!fields.keySet().containsAll(facts.required)) return false;
        for (Map.Entry<String, Json> field : fields.entrySet()) {
            if (!facts.names.isEmpty() && !fits(facts.names, new Json.Str(field.getKey())))
                return false;
            if (!fits(compiler.objects().schemas(facts, field.getKey()), field.getValue()))
                return false;
        }
        return true;
    }

    /// Whether it is certain that no value fits both.
    boolean disjoint(Facts a, Facts b) {
        if ((a.types & b.types) == 0) return true;
        if (a.values != null) return a.values.stream().noneMatch(v -> fits(a, v) && fits(b, v));
        if (b.values != null) return b.values.stream().noneMatch(v -> fits(a, v) && fits(b, v));
        int types = a.types & b.types;
        return (types & (Facts.NULL | Facts.BOOLEAN)) == 0
                && ((types & Facts.INTEGER) == 0 || numbers(a, b))
                && ((types & Facts.STRING) == 0 || strings.disjoint(a, b))
                && ((types & Facts.ARRAY) == 0 || arrays(a, b))
                && ((types & Facts.OBJECT) == 0 || objects(a, b) || objects(b, a));
    }

    private static boolean numbers(Facts a, Facts b) {
        return below(a, b) || below(b, a);
    }

    private static boolean below(Facts a, Facts b) {
        var high = a.bounds.high();
        var low = b.bounds.low();
        if (high == null || low == null) return false;
        int order = high.compareTo(low);
        return order < 0 || (order == 0 && (a.bounds.highOpen() || b.bounds.lowOpen()));
    }

    private boolean arrays(Facts a, Facts b) {
        if (a.maxItems < b.minItems || b.maxItems < a.minItems) return true;
        int both = Math.min(Math.max(a.minItems, b.minItems), 100);
        for (int i = 0; i < both; i++)
            if (disjoint(SchemaArrays.item(a, i), SchemaArrays.item(b, i))) return true;
        return false;
    }

    /// Whether `b` forbids a key that `a` requires, or wants another value of it.
    private boolean objects(Facts a, Facts b) {
        for (String key : a.required) {
            var other = compiler.objects().schemas(b, key);
            if (other.stream().anyMatch(SchemaNode::never)) return true;
            if (b.required.contains(key) && disjoint(compiler.objects().schemas(a, key), other))
                return true;
        }
        return a.maxProperties < b.minProperties || b.maxProperties < a.minProperties;
    }

    /// Whether an object is required to have a key that can have no value.
    boolean contradicts(Facts facts) {
        if (facts.types != Facts.OBJECT || facts.values != null) return false;
        for (String key : facts.required) {
            var schemas = compiler.objects().schemas(facts, key);
            if (schemas.size() < 2 || !compiler.mayLookInto()) continue;
            try {
                if (compiler.facts(schemas).stream().noneMatch(this::isPossible)) return true;
            } finally {
                compiler.lookedInto();
            }
        }
        return false;
    }

    private boolean isPossible(Facts facts) {
        var values = facts.values;
        return values == null
                ? facts.isPossible()
                : values.stream().anyMatch(value -> fits(facts, value));
    }

    private boolean disjoint(List<SchemaNode> a, List<SchemaNode> b) {
        // what refers to itself on the way here is not looked into again
        if (a.isEmpty() || b.isEmpty() || !compiler.mayLookInto()) return false;
        try {
            for (Facts one : compiler.facts(a))
                for (Facts other : compiler.facts(b)) if (!disjoint(one, other)) return false;
            return true;
        } finally {
            compiler.lookedInto();
        }
    }
}

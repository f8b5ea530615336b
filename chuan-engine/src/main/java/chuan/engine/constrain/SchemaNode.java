package chuan.engine.constrain;

import chuan.files.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A value of a schema and where it stands, so that every complaint can say so.
///
/// @param pointer JSON pointer behind `#`
record SchemaNode(String pointer, Json json) {
    /// Decimal exponents beyond it are refused: numbers of that size cannot be written out.
    private static final int LARGEST_EXPONENT = 1000;

    SchemaNode child(String name, Json value) {
        return new SchemaNode(pointer + "/" + name.replace("~", "~0").replace("/", "~1"), value);
    }

    /// A field's value, null = absent.
    @Nullable SchemaNode get(String name) {
        if (!(json instanceof Json.Obj object)) return null;
        Json value = object.fields().get(name);
        return value == null ? null : child(name, value);
    }

    /// A schema is an object or a boolean.
    SchemaNode asSchema() {
        if (json instanceof Json.Obj || json instanceof Json.Bool) return this;
        throw invalid("must be a schema: an object, true or false");
    }

    /// A schema of what this one does not allow.
    SchemaNode negated() {
        return json instanceof Json.Bool bool
                ? new SchemaNode(pointer + "/(not)", new Json.Bool(!bool.value()))
                : new SchemaNode(pointer + "/(not)", Json.Obj.of("not", json));
    }

    /// Whether it allows nothing at all.
    boolean never() {
        return json instanceof Json.Bool bool && !bool.value();
    }

    boolean always() {
        return json instanceof Json.Bool bool
                ? bool.value()
                : json instanceof Json.Obj object && object.fields().isEmpty();
    }

    Map<String, SchemaNode> schemas() {
        if (!(json instanceof Json.Obj object)) throw invalid("must be an object of schemas");
        var out = new LinkedHashMap<String, SchemaNode>();
        object.fields().forEach((name, value) -> out.put(name, child(name, value).asSchema()));
        return out;
    }

    List<SchemaNode> items() {
        if (!(json instanceof Json.Arr array)) throw invalid("must be an array");
        var out = new ArrayList<SchemaNode>();
        for (int i = 0; i < array.items().size(); i++)
            out.add(child(Integer.toString(i), array.items().get(i)));
        return out;
    }

    List<SchemaNode> schemaList() {
        var out = items().stream().map(SchemaNode::asSchema).toList();
        if (out.isEmpty()) throw invalid("must hold at least one schema");
        return out;
    }

    String string() {
        if (json instanceof Json.Str text) return text.text();
        throw invalid("must be a string");
    }

    BigDecimal number() {
        if (json instanceof Json.Num number) return decimal(number);
        throw invalid("must be a number");
    }

    BigDecimal decimal(Json.Num number) {
        try {
            var value = new BigDecimal(number.literal());
            if (Math.abs((long) value.scale()) <= LARGEST_EXPONENT) return value;
        } catch (NumberFormatException _) {
            // an exponent that is no int
        }
        throw new SchemaException(
                "schema_too_complex",
                "schema",
                "#" + pointer,
                "the number "
                        + number.literal()
                        + " is too large or too fine: use exponents up to "
                        + LARGEST_EXPONENT);
    }

    /// A number of things; what is more than anybody can write is as good as no limit.
    int count() {
        BigDecimal value = number();
        if (value.signum() < 0 || value.stripTrailingZeros().scale() > 0)
            throw invalid("must be a whole number from 0 on");
        return value.compareTo(BigDecimal.valueOf(Expr.MANY)) >= 0
                ? Expr.MANY
                : value.intValueExact();
    }

    boolean flag() {
        if (json instanceof Json.Bool bool) return bool.value();
        throw invalid("must be true or false");
    }

    SchemaException invalid(String problem) {
        return new SchemaException("invalid_json_schema", "schema", "#" + pointer, problem);
    }

    SchemaException tooComplex(String problem) {
        return new SchemaException("schema_too_complex", "schema", "#" + pointer, problem);
    }
}

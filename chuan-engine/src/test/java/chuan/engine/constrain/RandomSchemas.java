package chuan.engine.constrain;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Schemas at random, of all keywords that are followed, and values at random that are near them:
/// few names, small numbers, short strings.
final class RandomSchemas {
    private static final List<String> KEYS = List.of("a", "b", "c", "城市");
    private static final List<String> STRINGS =
            List.of("", "a", "b", "ab", "ba", "aab", "1", "12", "京", "a\\\"b");
    private static final List<String> PATTERNS =
            List.of("^a", "b$", "^[ab]*$", "a", "^.{1,2}$", "[0-9]", "^京?$", "^(a|b)b?$");

    private final SplittableRandom random;

    RandomSchemas(SplittableRandom random) {
        this.random = random;
    }

    private boolean chance(int of) {
        return random.nextInt(of) == 0;
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static String object(List<String> fields) {
        return "{" + String.join(",", fields) + "}";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\") + "\"";
    }

    /// A whole schema, in which keys may stand in any order and unknown ones are allowed, as the
    /// standard has it.
    String document() {
        var fields = fields(3);
        // no schema refers to itself with nothing in between: that would mean nothing
        String inside = "\"properties\":{\"a\":" + schema(2) + ",\"b\":" + schema(1) + "}";
        fields.add("\"$defs\":{\"x\":" + schema(0) + ",\"y\":{" + inside + "}}");
        fields.add("\"x-chuan\":{\"absent\":\"open\",\"order\":\"any\"}");
        return object(fields);
    }

    private String schema(int depth) {
        if (chance(14)) return random.nextBoolean() ? "true" : "false";
        return object(fields(depth));
    }

    private List<String> fields(int depth) {
        var fields = new ArrayList<String>();
        switch (random.nextInt(depth > 0 ? 12 : 5)) {
            case 0 -> fields.add("\"const\":" + value(1));
            case 1 -> fields.add("\"enum\":[" + list(1 + random.nextInt(4), 1) + "]");
            case 2 -> number(fields);
            case 3, 4 -> string(fields);
            case 5, 6 -> array(fields, depth - 1);
            case 7, 8 -> members(fields, depth - 1);
            case 9 -> {
                fields.add(type());
                combination(fields, depth - 1);
            }
            case 10 -> {
                members(fields, depth - 1);
                combination(fields, depth - 1);
            }
            default ->
                    fields.add("\"$ref\":\"#/$defs/" + (random.nextBoolean() ? "x" : "y") + "\"");
        }
        return fields;
    }

    private String type() {
        List<String> types =
                List.of("null", "boolean", "integer", "number", "string", "array", "object");
        return chance(3)
                ? "\"type\":[\"%s\",\"string\"]".formatted(one(types.subList(0, 4)))
                : "\"type\":\"%s\"".formatted(one(types));
    }

    private void number(List<String> fields) {
        fields.add(chance(3) ? "\"type\":\"number\"" : "\"type\":\"integer\"");
        if (chance(2)) fields.add("\"minimum\":" + random.nextInt(-3, 4));
        else if (chance(3)) fields.add("\"exclusiveMinimum\":" + random.nextInt(-3, 4));
        if (chance(2)) fields.add("\"maximum\":" + random.nextInt(0, 12));
        if (chance(4)) fields.add("\"multipleOf\":" + random.nextInt(1, 4));
    }

    private void string(List<String> fields) {
        fields.add("\"type\":\"string\"");
        if (chance(3)) fields.add("\"minLength\":" + random.nextInt(3));
        if (chance(3)) fields.add("\"maxLength\":" + random.nextInt(4));
        if (chance(3)) fields.add("\"pattern\":" + quoted(one(PATTERNS)));
    }

    private void array(List<String> fields, int depth) {
        if (!chance(5)) fields.add("\"type\":\"array\"");
        if (chance(8)) {
            String item =
                    chance(2)
                            ? "\"enum\":[" + list(3, 0) + "]"
                            : "\"type\":" + (chance(2) ? "\"string\"" : "\"integer\"");
            fields.add("\"items\":{" + item + "},\"uniqueItems\":true");
            if (chance(2)) fields.add("\"minItems\":" + random.nextInt(4));
            if (chance(2)) fields.add("\"maxItems\":" + random.nextInt(4));
            return;
        }
        if (!chance(3)) fields.add("\"items\":" + schema(depth));
        if (chance(4)) fields.add("\"prefixItems\":[" + schema(depth) + "," + schema(0) + "]");
        if (chance(3)) fields.add("\"minItems\":" + random.nextInt(3));
        if (chance(3)) fields.add("\"maxItems\":" + random.nextInt(4));
        if (chance(5)) {
            fields.add("\"contains\":" + schema(0));
            if (chance(2)) fields.add("\"minContains\":" + random.nextInt(3));
            if (chance(3)) fields.add("\"maxContains\":" + random.nextInt(1, 3));
        }
    }

    private void members(List<String> fields, int depth) {
        if (!chance(5)) fields.add("\"type\":\"object\"");
        var properties = new ArrayList<String>();
        for (String key : KEYS) if (chance(2)) properties.add(quoted(key) + ":" + schema(depth));
        if (!properties.isEmpty()) fields.add("\"properties\":" + object(properties));
        if (chance(2)) fields.add("\"required\":[" + quoted(one(KEYS)) + "]");
        if (chance(3)) fields.add("\"additionalProperties\":" + (chance(2) ? "false" : schema(0)));
        if (chance(5))
            fields.add("\"patternProperties\":{" + quoted(one(PATTERNS)) + ":" + schema(0) + "}");
        if (chance(8)) fields.add("\"propertyNames\":{\"pattern\":" + quoted(one(PATTERNS)) + "}");
        if (chance(6)) fields.add("\"dependentRequired\":{\"a\":[" + quoted(one(KEYS)) + "]}");
        if (chance(8)) fields.add("\"dependentSchemas\":{\"b\":" + schema(depth) + "}");
        if (chance(10)) fields.add("\"minProperties\":" + random.nextInt(2));
    }

    private void combination(List<String> fields, int depth) {
        switch (random.nextInt(6)) {
            case 0 -> fields.add("\"anyOf\":[" + schema(depth) + "," + schema(depth) + "]");
            case 1 -> fields.add("\"oneOf\":[" + schema(depth) + "," + schema(depth) + "]");
            case 2 -> fields.add("\"allOf\":[" + schema(depth) + "," + schema(depth) + "]");
            case 3 -> fields.add("\"not\":" + schema(depth));
            case 4 -> {
                fields.add("\"if\":" + schema(depth));
                fields.add("\"then\":" + schema(depth));
                if (chance(2)) fields.add("\"else\":" + schema(depth));
            }
            default -> {
                fields.add("\"if\":{\"properties\":{\"a\":{\"const\":" + value(0) + "}}}");
                fields.add("\"then\":{\"required\":[" + quoted(one(KEYS)) + "]}");
            }
        }
    }

    private String list(int count, int depth) {
        var items = new ArrayList<String>();
        while (items.size() < count) {
            String item = value(depth);
            if (!items.contains(item)) items.add(item);
        }
        return String.join(",", items);
    }

    /// A value, with blanks where the grammar has them.
    String value(int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 6)) {
            case 0 -> "null";
            case 1 -> random.nextBoolean() ? "true" : "false";
            case 2 -> chance(6) ? "0.5" : Integer.toString(random.nextInt(-4, 13));
            case 3, 4, 5 -> "\"" + one(STRINGS) + "\"";
            case 6 -> {
                var items = new ArrayList<String>();
                for (int i = random.nextInt(4); i > 0; i--) items.add(value(depth - 1));
                yield "[" + String.join(chance(2) ? "," : ", ", items) + "]";
            }
            default -> {
                var fields = new ArrayList<String>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    String key = chance(8) ? "ab" : one(KEYS);
                    if (fields.stream().noneMatch(f -> f.startsWith(quoted(key))))
                        fields.add(quoted(key) + (chance(2) ? ":" : ": ") + value(depth - 1));
                }
                yield "{" + String.join(chance(2) ? "," : ", ", fields) + "}";
            }
        };
    }
}

package chuan.server;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The fields of a JSON object, read one by one with the type they must have. null is as good as
/// absent, unknown fields are nobody's business, and what is wrong is said with the field's path,
/// such as `messages[2].content`, as [ApiException] 400.
public final class Fields {
    /// Of a wrong value, what is shown in the message.
    private static final int SHOWN = 60;

    private final JsonNode node;
    private final String path;

    private Fields(JsonNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /// Those of a request's body.
    public static Fields of(JsonNode body) {
        if (!body.isObject()) throw ApiException.badRequest(null, "The body must be a JSON object");
        return new Fields(body, "");
    }

    /// Path of a field of this object, as errors name it.
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /// The path of this object itself, "" for the body.
    public String path() {
        return path;
    }

    /// Null if absent.
    public @Nullable JsonNode get(String name) {
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    public boolean has(String name) {
        return get(name) != null;
    }

    /// The first of these names that is there, else the last.
    public String either(String... names) {
        for (String name : names) if (has(name)) return name;
        return names[names.length - 1];
    }

    public @Nullable String string(String name) {
        JsonNode value = get(name);
        if (value == null) return null;
        if (!value.isString()) throw wrong(name, "a string", value);
        return value.stringValue();
    }

    public String string(String name, String absent) {
        String value = string(name);
        return value == null ? absent : value;
    }

    public String requiredString(String name) {
        String value = string(name);
        if (value == null) throw missing(name, "a string");
        return value;
    }

    public boolean bool(String name, boolean absent) {
        JsonNode value = get(name);
        if (value == null) return absent;
        if (!value.isBoolean()) throw wrong(name, "true or false", value);
        return value.booleanValue();
    }

    /// A whole number; 2.0 is one.
    public @Nullable Integer integer(String name, int least, int most) {
        JsonNode value = get(name);
        if (value == null) return null;
        String wanted =
                most == Integer.MAX_VALUE
                        ? "a whole number, at least " + least
                        : "a whole number between " + least + " and " + most;
        if (!value.isNumber()) throw wrong(name, wanted, value);
        double number = value.doubleValue();
        if (!(number >= least && number <= most) || number != Math.rint(number))
            throw wrong(name, wanted, value);
        return (int) number;
    }

    public int integer(String name, int least, int most, int absent) {
        Integer value = integer(name, least, most);
        return value == null ? absent : value;
    }

    public @Nullable Double number(String name, double least, double most) {
        JsonNode value = get(name);
        if (value == null) return null;
        String wanted = "a number between " + plain(least) + " and " + plain(most);
        if (!value.isNumber()) throw wrong(name, wanted, value);
        double number = value.doubleValue();
        if (!(number >= least && number <= most)) throw wrong(name, wanted, value);
        return number;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    /// Any whole number; of those beyond 64 bits the low ones.
    public @Nullable Long whole(String name) {
        JsonNode value = get(name);
        if (value == null) return null;
        if (!value.isIntegralNumber()) throw wrong(name, "a whole number", value);
        return value.bigIntegerValue().longValue();
    }

    /// Null if absent.
    public @Nullable Fields object(String name) {
        JsonNode value = get(name);
        if (value == null) return null;
        if (!value.isObject()) throw wrong(name, "an object", value);
        return new Fields(value, path(name));
    }

    public Fields requiredObject(String name) {
        Fields value = object(name);
        if (value == null) throw missing(name, "an object");
        return value;
    }

    /// The objects of a list; none if absent.
    public List<Fields> objects(String name) {
        JsonNode value = get(name);
        if (value == null) return List.of();
        if (!value.isArray()) throw wrong(name, "a list", value);
        var objects = new ArrayList<Fields>(value.size());
        for (int i = 0; i < value.size(); i++) {
            String element = name + "[" + i + "]";
            if (!value.get(i).isObject()) throw wrong(element, "an object", value.get(i));
            objects.add(new Fields(value.get(i), path(element)));
        }
        return objects;
    }

    /// A string, or a list of strings; none if absent.
    public List<String> strings(String name, int most) {
        JsonNode value = get(name);
        if (value == null) return List.of();
        if (value.isString()) return List.of(value.stringValue());
        if (!value.isArray()) throw wrong(name, "a string or a list of strings", value);
        if (value.size() > most)
            throw bad(name, "has " + value.size() + " strings; at most " + most + " are allowed");
        var strings = new ArrayList<String>(value.size());
        for (int i = 0; i < value.size(); i++) {
            JsonNode element = value.get(i);
            if (!element.isString()) throw wrong(name + "[" + i + "]", "a string", element);
            strings.add(element.stringValue());
        }
        return strings;
    }

    /// Ids of tokens.
    public int[] ids(String name) {
        JsonNode value = get(name);
        return value == null ? new int[0] : ids(name, value);
    }

    /// Ids in a part of a field.
    public int[] ids(String name, JsonNode value) {
        if (!value.isArray()) throw wrong(name, "a list of token ids", value);
        int[] ids = new int[value.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = value.get(i);
            if (!id.isInt() || id.intValue() < 0)
                throw wrong(name + "[" + i + "]", "the id of a token", id);
            ids[i] = id.intValue();
        }
        return ids;
    }

    public ApiException missing(String name, String wanted) {
        return ApiException.badRequest(
                path(name), path(name) + ": is missing; it must be " + wanted);
    }

    /// The value is not what it must be.
    public ApiException wrong(String name, String wanted, JsonNode value) {
        String text = value.toString();
        if (text.length() > SHOWN) text = text.substring(0, SHOWN) + "…";
        return bad(name, "must be " + wanted + ", not " + text);
    }

    /// Whatever else is wrong with a field.
    public ApiException bad(String name, String problem) {
        return ApiException.badRequest(path(name), path(name) + ": " + problem);
    }
}

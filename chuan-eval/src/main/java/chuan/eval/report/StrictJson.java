package chuan.eval.report;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A JSON object whose every field is asked for: what is missing, of another kind or left over at
/// the end is an [ExaminationFileException] naming its place.
final class StrictJson {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private final String where;
    private final String path;
    private final JsonNode node;
    private final Set<String> asked = new HashSet<>();

    private StrictJson(String where, String path, JsonNode node) {
        this.where = where;
        this.path = path;
        this.node = node;
    }

    /// @param where for errors: the file, and the line if it is one
    static StrictJson parse(String text, String where) {
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new ExaminationFileException(
                    where
                            + (at == null
                                    ? ""
                                    : ": line " + at.getLineNr() + ", column " + at.getColumnNr())
                            + ": is not valid JSON: "
                            + e.getOriginalMessage());
        }
        if (!node.isObject()) throw new ExaminationFileException(where + ": is not a JSON object");
        return new StrictJson(where, "", node);
    }

    boolean has(String name) {
        return node.has(name);
    }

    ExaminationFileException wrong(String name, String problem) {
        return new ExaminationFileException(where + ": " + path + name + " " + problem);
    }

    /// @throws ExaminationFileException if there is a field that nobody asked for
    void nothingElse() {
        for (String name : node.propertyNames())
            if (!asked.contains(name)) throw wrong(name, "is not known");
    }

    private JsonNode get(String name) {
        asked.add(name);
        JsonNode value = node.get(name);
        if (value == null) throw wrong(name, "is missing");
        return value;
    }

    String text(String name) {
        return text(name, get(name));
    }

    private String text(String name, JsonNode value) {
        if (!value.isString()) throw wrong(name, "is not a string");
        return value.stringValue();
    }

    double number(String name) {
        return number(name, get(name));
    }

    private double number(String name, JsonNode value) {
        if (!value.isNumber() || !Double.isFinite(value.doubleValue()))
            throw wrong(name, "is not a number");
        return value.doubleValue();
    }

    /// `null` is NaN.
    double numberOrNaN(String name) {
        JsonNode value = get(name);
        return value.isNull() ? Double.NaN : number(name, value);
    }

    /// From 0 to the largest int.
    int count(String name) {
        JsonNode value = get(name);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0)
            throw wrong(name, "is not a whole number from 0");
        return value.intValue();
    }

    long longCount(String name) {
        JsonNode value = get(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0)
            throw wrong(name, "is not a whole number from 0");
        return value.longValue();
    }

    StrictJson object(String name) {
        JsonNode value = get(name);
        if (!value.isObject()) throw wrong(name, "is not an object");
        return new StrictJson(where, path + name + ".", value);
    }

    List<StrictJson> objects(String name) {
        var all = new ArrayList<StrictJson>();
        for (JsonNode value : array(name)) {
            String place = name + "[" + all.size() + "]";
            if (!value.isObject()) throw wrong(place, "is not an object");
            all.add(new StrictJson(where, path + place + ".", value));
        }
        return all;
    }

    List<String> list(String name) {
        var all = new ArrayList<String>();
        for (JsonNode value : array(name)) all.add(text(name + "[" + all.size() + "]", value));
        return all;
    }

    /// Numbers; `null` is negative infinity.
    List<Double> scores(String name) {
        var all = new ArrayList<Double>();
        for (JsonNode value : array(name))
            all.add(
                    value.isNull()
                            ? Double.NEGATIVE_INFINITY
                            : number(name + "[" + all.size() + "]", value));
        return all;
    }

    Map<String, String> texts(String name) {
        var all = new LinkedHashMap<String, String>();
        object(name).node.forEachEntry((key, value) -> all.put(key, text(name + "." + key, value)));
        return all;
    }

    /// Strings, numbers, booleans, and lists and maps of them, in their order.
    Map<String, Object> values(String name) {
        var all = new LinkedHashMap<String, Object>();
        object(name)
                .node
                .forEachEntry((key, value) -> all.put(key, value(name + "." + key, value)));
        return all;
    }

    private Object value(String place, JsonNode node) {
        if (node.isString()) return node.stringValue();
        if (node.isBoolean()) return node.booleanValue();
        if (node.isNumber()) return node.numberValue();
        if (node.isArray()) {
            var list = new ArrayList<Object>();
            for (JsonNode of : node) list.add(value(place + "[" + list.size() + "]", of));
            return list;
        }
        if (node.isObject()) {
            var map = new LinkedHashMap<String, Object>();
            node.forEachEntry((key, of) -> map.put(key, value(place + "." + key, of)));
            return map;
        }
        throw wrong(place, "is null");
    }

    private JsonNode array(String name) {
        JsonNode value = get(name);
        if (!value.isArray()) throw wrong(name, "is not a list");
        return value;
    }
}

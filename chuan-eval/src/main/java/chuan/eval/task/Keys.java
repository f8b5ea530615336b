package chuan.eval.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The keys of one mapping in a task file. Remembers which were read, so that a misspelt one is
/// found, and names file and key in every complaint.
final class Keys {
    private final String file;
    private final String at;
    private final JsonNode node;
    private final Set<String> read = new LinkedHashSet<>();

    Keys(String file, String at, JsonNode node) {
        this.file = file;
        this.at = at;
        this.node = node;
        if (!node.isObject())
            throw new TaskException(
                    file + ": " + (at.isEmpty() ? "the file" : at) + ": no mapping");
    }

    TaskException wrong(String key, String why) {
        return new TaskException(file + ": " + path(key) + ": " + why);
    }

    private String path(String key) {
        return at.isEmpty() ? key : at + "." + key;
    }

    boolean has(String key) {
        return find(key) != null;
    }

    private @Nullable JsonNode find(String key) {
        read.add(key);
        var value = node.get(key);
        return value == null || value.isNull() ? null : value;
    }

    private JsonNode need(String key) {
        var value = find(key);
        if (value == null) throw wrong(key, "is missing");
        return value;
    }

    String text(String key) {
        return scalar(key, need(key));
    }

    Optional<String> optionalText(String key) {
        var value = find(key);
        return value == null ? Optional.empty() : Optional.of(scalar(key, value));
    }

    String text(String key, String otherwise) {
        return optionalText(key).orElse(otherwise);
    }

    private String scalar(String key, JsonNode value) {
        if (value.isContainer()) throw wrong(key, "should be a text");
        return value.asString();
    }

    int integer(String key) {
        var value = need(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt())
            throw wrong(key, "should be a whole number, not " + value.toString());
        return value.asInt();
    }

    OptionalInt optionalInteger(String key) {
        return has(key) ? OptionalInt.of(integer(key)) : OptionalInt.empty();
    }

    double number(String key) {
        var value = need(key);
        if (!value.isNumber()) throw wrong(key, "should be a number, not " + value.toString());
        return value.asDouble();
    }

    /// A list of texts; a single text is a list of one.
    List<String> texts(String key) {
        var value = find(key);
        if (value == null) return List.of();
        var texts = new ArrayList<String>();
        if (!value.isArray()) return List.of(scalar(key, value));
        for (var element : value) texts.add(scalar(key, element));
        return texts;
    }

    /// One of an enumeration's names, in small letters and with hyphens.
    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        return this.<E>optionalChoice(key, type).orElse(otherwise);
    }

    <E extends Enum<E>> Optional<E> optionalChoice(String key, Class<E> type) {
        var text = optionalText(key);
        if (text.isEmpty()) return Optional.empty();
        var names = new ArrayList<String>();
        for (E constant : type.getEnumConstants()) {
            String name = name(constant);
            if (name.equals(text.get())) return Optional.of(constant);
            names.add(name);
        }
        throw wrong(key, text.get() + " is none of " + String.join(", ", names));
    }

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Optional<Keys> optionalChild(String key) {
        var value = find(key);
        return value == null ? Optional.empty() : Optional.of(new Keys(file, path(key), value));
    }

    Keys child(String key) {
        return optionalChild(key).orElseThrow(() -> wrong(key, "is missing"));
    }

    /// The mappings that a key holds, by name, in their order.
    Map<String, Keys> children(String key) {
        var parent = child(key);
        var children = new LinkedHashMap<String, Keys>();
        for (String name : parent.node.propertyNames()) children.put(name, parent.child(name));
        if (children.isEmpty()) throw wrong(key, "is empty");
        return children;
    }

    /// The mappings of a list.
    List<Keys> elements(String key) {
        var value = find(key);
        var elements = new ArrayList<Keys>();
        if (value == null) return elements;
        if (!value.isArray()) throw wrong(key, "should be a list");
        for (int i = 0; i < value.size(); i++)
            elements.add(new Keys(file, path(key) + "[" + i + "]", value.get(i)));
        return elements;
    }

    /// The texts that are left under names nobody asked for.
    Map<String, String> others() {
        var others = new LinkedHashMap<String, String>();
        for (String name : node.propertyNames())
            if (!read.contains(name)) others.put(name, text(name));
        return others;
    }

    Set<String> names() {
        return new LinkedHashSet<>(node.propertyNames());
    }

    /// @throws TaskException if a key was never asked for
    void nothingElse() {
        for (String name : node.propertyNames())
            if (!read.contains(name))
                throw wrong(
                        name,
                        "is unknown; known here are "
                                + String.join(", ", new java.util.TreeSet<>(read)));
    }

    boolean isMapping(String key) {
        return need(key).isObject();
    }

    JsonNode node() {
        return node;
    }

    String at() {
        return at;
    }

    /// For errors.
    String place() {
        return file + ": " + at;
    }

    String file() {
        return file;
    }
}

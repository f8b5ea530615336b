package chuan.eval.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Questions from JSON.
final class JsonSet {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private JsonSet() {}

    static List<Item> lines(Path file, String text, Columns columns, boolean keys) {
        var items = new ArrayList<Item>();
        var lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].isBlank()) continue;
            String place = file + ": line " + (i + 1);
            items.add(item(items.size(), place, parse(place, lines[i]), columns, keys));
        }
        return items;
    }

    static List<Item> list(Path file, String text, Columns columns, boolean keys) {
        var root = parse(file.toString(), text);
        var list = columns.root().isEmpty() ? root : root.get(columns.root());
        if (list == null || !list.isArray())
            throw new TaskException(
                    file
                            + ": there is no list"
                            + (columns.root().isEmpty() ? "" : " called " + columns.root())
                            + "; copy or fetch the file again");
        var items = new ArrayList<Item>();
        for (int i = 0; i < list.size(); i++)
            items.add(item(i, file + ": element " + i, list.get(i), columns, keys));
        return items;
    }

    static JsonNode parse(String place, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new TaskException(
                    place + ": is not JSON: " + e.getOriginalMessage() + "; copy it again");
        }
    }

    static Item item(int row, String place, JsonNode node, Columns columns, boolean keys) {
        if (!node.isObject())
            throw new TaskException(place + ": is no object with " + columns.question());
        String question = scalar(place, columns.question(), need(place, node, columns.question()));
        var options = options(place, node, columns);
        var answer = find(node, columns.answer());
        if (answer == null && keys)
            throw new TaskException(
                    place
                            + ": there is no "
                            + String.join(" or ", Columns.names(columns.answer()))
                            + "; its fields are "
                            + Columns.shown(node.propertyNames()));
        int choices = Math.max(options.size(), columns.choices());
        var more = new HashMap<String, String>();
        columns.more()
                .forEach((name, column) -> {
                    var value = find(node, column);
                    if (value != null)
                        more.put(name, value.isContainer() ? value.toString() : value.asString());
                });
        var key = answer == null ? List.<String>of() : key(place, answer, columns, choices);
        String text = answer == null ? "" : PythonLiteral.print(answer);
        return new Item(row, place, question, options, key, text, more);
    }

    private static List<String> key(String place, JsonNode answer, Columns columns, int choices) {
        if (!answer.isArray())
            return Key.of(columns, choices, scalar(place, columns.answer(), answer), place);
        var keys = new ArrayList<String>();
        for (var element : answer)
            keys.addAll(Key.of(columns, choices, scalar(place, columns.answer(), element), place));
        return keys;
    }

    private static List<String> options(String place, JsonNode node, Columns columns) {
        var options = new ArrayList<String>();
        if (columns.options().isEmpty()) return options;
        if (!columns.listed()) {
            for (String name : columns.options())
                options.add(scalar(place, name, need(place, node, name)));
            return options;
        }
        var list = find(node, columns.options().getFirst());
        if (list == null) return options;
        if (!list.isArray())
            throw new TaskException(place + ", " + columns.options().getFirst() + ": is no list");
        for (var element : list) options.add(scalar(place, columns.options().getFirst(), element));
        return options;
    }

    static @Nullable JsonNode find(JsonNode node, String alternatives) {
        for (String name : Columns.names(alternatives)) {
            var value = node.get(name);
            if (value != null && !value.isNull()) return value;
        }
        return null;
    }

    private static JsonNode need(String place, JsonNode node, String alternatives) {
        var value = find(node, alternatives);
        if (value == null)
            throw new TaskException(
                    place
                            + ": there is no "
                            + String.join(" or ", Columns.names(alternatives))
                            + "; its fields are "
                            + Columns.shown(node.propertyNames()));
        return value;
    }

    private static String scalar(String place, String name, JsonNode value) {
        if (value.isContainer())
            throw new TaskException(place + ", " + name + ": should be a text");
        return value.asString();
    }
}

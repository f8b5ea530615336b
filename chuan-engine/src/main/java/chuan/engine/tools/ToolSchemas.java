package chuan.engine.tools;

import chuan.engine.InvalidRequestException;
import chuan.files.Json;
import chuan.files.MalformedFileException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The JSON schema of calls: what may follow [ToolTemplate#MARKER].
public final class ToolSchemas {
    /// Keywords whose values are data, in which `$ref` means nothing.
    private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

    /// Keywords whose values are schemas by names that are no keywords.
    private static final Set<String> NAMED =
            Set.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas");

    private ToolSchemas() {}

    /// Of a call of one of these tools.
    ///
    /// @throws InvalidRequestException if the parameters of a tool are no JSON object
    public static String call(List<Tool> tools) {
        var definitions = new LinkedHashMap<String, Json>();
        var calls = new ArrayList<Json>();
        for (int i = 0; i < tools.size(); i++) {
            String place = "tool" + i;
            definitions.put(place, moved(parameters(tools.get(i)), "#/$defs/" + place));
            calls.add(call(tools.get(i).name(), "#/$defs/" + place));
        }
        return Json.Obj.of("anyOf", calls, "$defs", new Json.Obj(definitions)).compact();
    }

    private static Json call(String name, String arguments) {
        return Json.Obj.of(
                "type",
                "object",
                "properties",
                Json.Obj.of(
                        "name",
                        Json.Obj.of("const", name),
                        "arguments",
                        Json.Obj.of("$ref", arguments)),
                "required",
                List.of("name", "arguments"),
                "additionalProperties",
                false);
    }

    private static Json parameters(Tool tool) {
        if (tool.parameters().isEmpty())
            return Json.Obj.of("type", "object", "additionalProperties", true);
        Json schema;
        try {
            schema =
                    Json.parse(
                            Path.of("parameters"),
                            tool.parameters().getBytes(StandardCharsets.UTF_8));
        } catch (MalformedFileException e) {
            throw new InvalidRequestException(
                    "parameters", "of tool '" + tool.name() + "' are no JSON: " + e.getMessage());
        }
        if (!(schema instanceof Json.Obj object))
            throw new InvalidRequestException(
                    "parameters", "of tool '" + tool.name() + "' must be a JSON schema, an object");
        if (object.fields().isEmpty())
            return Json.Obj.of("type", "object", "additionalProperties", true);
        if (object.fields().containsKey("type")) return object;
        // arguments are an object even if the schema does not say it
        var fields = new LinkedHashMap<String, Json>();
        fields.put("type", new Json.Str("object"));
        fields.putAll(object.fields());
        return new Json.Obj(fields);
    }

    /// The schema with its references to places in itself changed to where it is now.
    private static Json moved(Json schema, String place) {
        return switch (schema) {
            case Json.Obj(Map<String, Json> fields) -> {
                var changed = new LinkedHashMap<String, Json>();
                fields.forEach((key, value) -> changed.put(key, movedField(key, value, place)));
                yield new Json.Obj(changed);
            }
            case Json.Arr(List<Json> items) ->
                    new Json.Arr(items.stream().map(item -> moved(item, place)).toList());
            case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> schema;
        };
    }

    private static Json movedField(String key, Json value, String place) {
        if (DATA.contains(key)) return value;
        if (key.equals("$ref") && value instanceof Json.Str(String target))
            return new Json.Str(
                    target.equals("#") || target.startsWith("#/")
                            ? place + target.substring(1)
                            : target);
        if (NAMED.contains(key) && value instanceof Json.Obj(Map<String, Json> schemas)) {
            var changed = new LinkedHashMap<String, Json>();
            schemas.forEach((name, schema) -> changed.put(name, moved(schema, place)));
            return new Json.Obj(changed);
        }
        return moved(value, place);
    }
}

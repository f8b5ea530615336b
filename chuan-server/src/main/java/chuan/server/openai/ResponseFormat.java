package chuan.server.openai;

import chuan.engine.Constraint;
import chuan.engine.constrain.Constraints;
import chuan.engine.constrain.SchemaException;
import chuan.engine.tools.ToolTemplate;
import chuan.server.ApiException;
import chuan.server.Fields;
import chuan.server.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What an answer has to look like. Written as OpenAI has it (`response_format`), as vLLM
/// (`structured_outputs`, `guided_json`) and as llama.cpp (`json_schema`, `grammar`).
///
/// @param text schema, pattern or grammar, "" where there is none
/// @param choices the texts of which the answer is one
/// @param field that says so, for errors
record ResponseFormat(Kind kind, String text, List<String> choices, String field) {

    enum Kind {
        TEXT,
        JSON_OBJECT,
        JSON_SCHEMA,
        REGEX,
        CHOICE,
        GRAMMAR
    }

    private static final ResponseFormat TEXT = new ResponseFormat(Kind.TEXT, "", List.of(), "");
    private static final int MOST_CHOICES = 1024;

    static ResponseFormat of(Fields fields) {
        var found = new ArrayList<ResponseFormat>();
        Fields format = fields.object("response_format");
        if (format != null) add(found, openAi(format));
        for (String prefix : List.of("", "guided_"))
            for (Kind kind : List.of(Kind.REGEX, Kind.GRAMMAR))
                add(found, text(fields, kind, prefix + kind.name().toLowerCase(Locale.ROOT)));
        add(found, schema(fields, "json_schema"));
        add(found, schema(fields, "guided_json"));
        add(found, choice(fields, "guided_choice"));
        Fields structured = fields.object("structured_outputs");
        if (structured != null) {
            add(found, schema(structured, "json"));
            add(found, text(structured, Kind.REGEX, "regex"));
            add(found, text(structured, Kind.GRAMMAR, "grammar"));
            add(found, choice(structured, "choice"));
        }
        if (found.size() > 1)
            throw ApiException.badRequest(
                    found.get(1).field,
                    found.get(1).field + ": " + found.get(0).field + " says something already");
        return found.isEmpty() ? TEXT : found.getFirst();
    }

    private static void add(List<ResponseFormat> found, @Nullable ResponseFormat format) {
        if (format != null && format.kind != Kind.TEXT) found.add(format);
    }

    private static ResponseFormat openAi(Fields format) {
        String type = format.requiredString("type");
        return switch (type) {
            case "text" -> TEXT;
            case "json_object" -> {
                var schema = schema(format, "schema"); // llama.cpp's
                yield schema != null
                        ? schema
                        : new ResponseFormat(Kind.JSON_OBJECT, "", List.of(), format.path());
            }
            case "json_schema" -> {
                Fields inner =
                        format.has("json_schema") ? format.requiredObject("json_schema") : format;
                var schema = schema(inner, "schema");
                if (schema == null) throw inner.missing("schema", "a JSON schema");
                yield schema;
            }
            default ->
                    throw format.bad(
                            "type", "must be text, json_object or json_schema, not '" + type + "'");
        };
    }

    /// An object, or a string that holds one.
    private static @Nullable ResponseFormat schema(Fields fields, String name) {
        JsonNode node = fields.get(name);
        if (node == null) return null;
        if (!node.isObject() && !node.isString() && !node.isBoolean())
            throw fields.wrong(name, "a JSON schema", node);
        String text = node.isString() ? node.stringValue() : Json.string(node);
        return new ResponseFormat(Kind.JSON_SCHEMA, text, List.of(), fields.path(name));
    }

    private static @Nullable ResponseFormat text(Fields fields, Kind kind, String name) {
        String text = fields.string(name);
        return text == null ? null : new ResponseFormat(kind, text, List.of(), fields.path(name));
    }

    private static @Nullable ResponseFormat choice(Fields fields, String name) {
        if (!fields.has(name)) return null;
        return new ResponseFormat(
                Kind.CHOICE, "", fields.strings(name, MOST_CHOICES), fields.path(name));
    }

    /// @throws ApiException 400 if the schema or pattern cannot be followed
    Constraint compile(Constraints constraints) {
        try {
            return switch (kind) {
                case TEXT -> Constraint.NONE;
                case JSON_OBJECT -> constraints.jsonObject();
                case JSON_SCHEMA -> constraints.jsonSchema(text);
                case REGEX -> constraints.regex(text);
                case CHOICE -> constraints.choice(choices);
                case GRAMMAR -> constraints.gbnf(text);
            };
        } catch (SchemaException e) {
            var named = e.in(field);
            throw ApiException.badRequest(field, named.code(), String.valueOf(named.getMessage()));
        }
    }

    /// What the model is told: one that is forced into a form it does not expect goes astray inside
    /// the first string. "" = nothing.
    ///
    /// @param language of the conversation
    String instruction(ToolTemplate language) {
        boolean chinese = language == ToolTemplate.CHINESE;
        return switch (kind) {
            case JSON_OBJECT ->
                    chinese ? "请只用一个 JSON 对象回答。" : "Answer with one JSON object and nothing else.";
            case JSON_SCHEMA ->
                    chinese
                            ? "请只用符合以下 JSON Schema 的 JSON 回答：" + text
                            : "Answer with JSON that follows this JSON Schema, and nothing else: "
                                    + text;
            case TEXT, REGEX, CHOICE, GRAMMAR -> "";
        };
    }
}

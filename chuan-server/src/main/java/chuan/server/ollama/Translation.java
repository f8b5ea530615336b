package chuan.server.ollama;

import chuan.server.ApiException;
import chuan.server.Fields;
import chuan.server.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Ollama's requests in OpenAI's words. What a model here has no use for (`keep_alive`, `think`,
/// options about threads and graphics cards) is left out.
final class Translation {
    /// Options by their names there.
    private static final Map<String, String> OPTIONS =
            Map.of(
                    "temperature", "temperature",
                    "top_k", "top_k",
                    "top_p", "top_p",
                    "min_p", "min_p",
                    "stop", "stop",
                    "repeat_penalty", "repetition_penalty",
                    "presence_penalty", "presence_penalty",
                    "frequency_penalty", "frequency_penalty");

    private Translation() {}

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /// Of `/api/chat`.
    static JsonNode chat(Fields fields) {
        var request = common(fields);
        var messages = request.putArray("messages");
        for (Fields message : fields.objects("messages")) {
            refuseImages(message);
            var copy = messages.addObject();
            copy(message, "role", copy);
            copy(message, "content", copy);
            copy(message, "tool_calls", copy);
            copy(message, "tool_call_id", copy);
            copy(message, "tool_name", copy);
            copy(message, "name", copy);
        }
        copy(fields, "tools", request);
        // as there, the oldest messages are left out when the conversation outgrows the context
        request.put("truncation", "auto");
        return request;
    }

    /// Of `/api/generate`, with the model's chat format.
    static JsonNode question(Fields fields, String prompt) {
        var request = common(fields);
        var messages = request.putArray("messages");
        String system = fields.string("system", "");
        if (!system.isEmpty()) messages.addObject().put("role", "system").put("content", system);
        messages.addObject().put("role", "user").put("content", prompt);
        return request;
    }

    /// Of `/api/generate` with `raw`.
    static JsonNode raw(Fields fields, String prompt) {
        return common(fields).put("prompt", prompt);
    }

    private static ObjectNode common(Fields fields) {
        var request = object();
        request.put("model", fields.requiredString("model"));
        Fields options = fields.object("options");
        if (options != null) options(options, request);
        JsonNode format = fields.get("format");
        if (format != null) format(fields, format, request);
        return request;
    }

    private static void options(Fields options, ObjectNode request) {
        OPTIONS.forEach((theirs, ours) -> {
            JsonNode value = options.get(theirs);
            if (value != null) request.set(ours, value);
        });
        // -1 and -2 mean as much as there is room for
        Integer most = options.integer("num_predict", -2, Integer.MAX_VALUE);
        if (most != null && most > 0) request.put("max_tokens", most);
        Long seed = options.whole("seed");
        if (seed != null && seed >= 0) request.put("seed", seed);
    }

    private static void format(Fields fields, JsonNode format, ObjectNode request) {
        if (format.isString()) {
            String name = format.stringValue();
            if (name.isEmpty()) return;
            if (!name.equals("json"))
                throw fields.wrong("format", "\"json\" or a JSON schema", format);
            request.putObject("response_format").put("type", "json_object");
        } else {
            if (!format.isObject())
                throw fields.wrong("format", "\"json\" or a JSON schema", format);
            var response = request.putObject("response_format").put("type", "json_schema");
            response.putObject("json_schema").put("name", "format").set("schema", format);
        }
    }

    static void refuseImages(Fields fields) {
        JsonNode images = fields.get("images");
        if (images != null && !(images.isArray() && images.isEmpty()))
            throw ApiException.badRequest(
                    fields.path("images"),
                    fields.path("images") + ": are not supported: this model reads text only");
    }

    private static void copy(Fields from, String name, ObjectNode to) {
        JsonNode value = from.get(name);
        if (value != null) to.set(name, value);
    }

    /// A value inside a string: the arguments of a call, which Ollama sends as an object.
    static @Nullable JsonNode parsed(String json) {
        try {
            return Json.parse(json.getBytes(StandardCharsets.UTF_8));
        } catch (ApiException _) {
            return null; // an answer that was cut off
        }
    }
}

package chuan.server.openai;

import chuan.engine.ChatMessage;
import chuan.engine.tools.ToolCall;
import chuan.server.Fields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// One message of a request, its parts joined.
///
/// @param content "" if there is none
/// @param calls of tools, by an assistant
/// @param tool whose result it is, "" if that is not said
/// @param path of the message in the request
record Message(Role role, String content, List<Call> calls, String tool, String path) {

    enum Role {
        /// Also what newer clients call developer.
        SYSTEM,
        USER,
        ASSISTANT,
        /// The result of a call.
        TOOL
    }

    /// A call that the assistant made.
    ///
    /// @param id "" if it has none
    record Call(String id, ToolCall call) {}

    /// As the engine has it.
    ChatMessage toChat() {
        return switch (role) {
            case SYSTEM -> ChatMessage.system(content);
            case USER -> ChatMessage.user(content);
            case TOOL -> ChatMessage.tool(tool, content);
            case ASSISTANT ->
                    ChatMessage.assistant(content, calls.stream().map(Call::call).toList());
        };
    }

    static List<Message> all(Fields request) {
        if (!request.has("messages")) throw request.missing("messages", "a list of messages");
        var messages = new ArrayList<Message>();
        var names = new HashMap<String, String>();
        for (Fields fields : request.objects("messages")) {
            var message = of(fields, names);
            for (Call call : message.calls) names.put(call.id, call.call.name());
            messages.add(message);
        }
        if (messages.isEmpty()) throw request.bad("messages", "is empty");
        return messages;
    }

    /// @param names of the tools that were called, by the ids of the calls
    private static Message of(Fields fields, Map<String, String> names) {
        Role role = role(fields);
        var calls = role == Role.ASSISTANT ? calls(fields) : List.<Call>of();
        String content = content(fields);
        if (!fields.has("content") && calls.isEmpty() && role != Role.ASSISTANT)
            throw fields.missing("content", "a string or a list of parts");
        return new Message(
                role, content, calls, role == Role.TOOL ? tool(fields, names) : "", fields.path());
    }

    private static String tool(Fields fields, Map<String, String> names) {
        String said = fields.string(fields.either("name", "tool_name"), "");
        String id = fields.string("tool_call_id", "");
        return said.isEmpty() && !id.isEmpty() ? names.getOrDefault(id, "") : said;
    }

    private static Role role(Fields fields) {
        String role = fields.requiredString("role");
        return switch (role) {
            case "system", "developer" -> Role.SYSTEM;
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            case "tool", "function" -> Role.TOOL;
            default ->
                    throw fields.bad(
                            "role",
                            "must be system, developer, user, assistant or tool, not '"
                                    + role
                                    + "'");
        };
    }

    private static String content(Fields fields) {
        JsonNode content = fields.get("content");
        if (content == null) return "";
        if (content.isString()) return content.stringValue();
        if (!content.isArray())
            throw fields.wrong("content", "a string or a list of parts", content);
        var text = new StringBuilder();
        for (Fields part : fields.objects("content")) text.append(part(part));
        return text.toString();
    }

    private static String part(Fields part) {
        String type = part.requiredString("type");
        return switch (type) {
            case "text", "input_text", "output_text" -> part.requiredString("text");
            case "refusal" -> part.requiredString("refusal");
            default ->
                    throw part.bad(
                            "type", "'" + type + "' is not supported: this model reads text only");
        };
    }

    /// Also as older clients say it: one call, `function_call`.
    private static List<Call> calls(Fields message) {
        var calls = new ArrayList<Call>();
        for (Fields call : message.objects("tool_calls"))
            calls.add(call(call.string("id", ""), call.requiredObject("function")));
        Fields only = message.object("function_call");
        if (only != null && calls.isEmpty()) calls.add(call("", only));
        return calls;
    }

    private static Call call(String id, Fields function) {
        return new Call(id, new ToolCall(function.requiredString("name"), arguments(function)));
    }

    /// JSON in a string; some clients send the object itself.
    private static String arguments(Fields function) {
        JsonNode arguments = function.get("arguments");
        if (arguments == null) return "{}";
        if (arguments.isString())
            return arguments.stringValue().isBlank() ? "{}" : arguments.stringValue();
        if (!arguments.isObject())
            throw function.wrong("arguments", "a string that holds JSON", arguments);
        return arguments.toString();
    }
}

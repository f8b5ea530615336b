package chuan.server.openai;

import chuan.engine.InvalidRequestException;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolUse;
import chuan.server.ApiException;
import chuan.server.Fields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// The fields of a request that are about tools: `tools`, `tool_choice` and `parallel_tool_calls`.
final class ToolFields {
    private static final int MOST_TOOLS = 128;

    private ToolFields() {}

    static ToolUse of(Fields request) {
        for (String old : List.of("functions", "function_call"))
            if (request.has(old))
                throw request.bad(old, "is not supported: say it with tools and tool_choice");
        var tools = new ArrayList<Tool>();
        var given = request.objects("tools");
        if (given.size() > MOST_TOOLS)
            throw request.bad("tools", "are more than the " + MOST_TOOLS + " that are allowed");
        for (Fields each : given) tools.add(tool(each));
        boolean parallel = request.bool("parallel_tool_calls", true);
        JsonNode choice = request.get("tool_choice");
        if (choice == null) {
            var free = tools.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
            return new ToolUse(tools, free, parallel);
        }
        if (!choice.isObject()) return new ToolUse(tools, word(request, choice), parallel);
        Fields object = request.requiredObject("tool_choice");
        return switch (object.string("type", "function")) {
            case "function" -> new ToolUse(tools, named(object), parallel);
            case "allowed_tools" ->
                    allowed(object, new ToolUse(tools, new ToolChoice.Auto(), parallel));
            case String other ->
                    throw object.bad(
                            "type", "must be function or allowed_tools, not '" + other + "'");
        };
    }

    private static Tool tool(Fields fields) {
        String type = fields.string("type", "function");
        if (!type.equals("function"))
            throw fields.bad("type", "must be function, not '" + type + "'");
        Fields function = fields.requiredObject("function");
        JsonNode parameters = function.get("parameters");
        if (parameters != null && !parameters.isObject())
            throw function.wrong("parameters", "a JSON schema", parameters);
        try {
            return new Tool(
                    function.requiredString("name"),
                    function.string("description", ""),
                    parameters == null ? "" : parameters.toString(),
                    function.bool("strict", false));
        } catch (InvalidRequestException e) {
            throw ApiException.badRequest(
                    function.path(e.field()), function.path() + "." + e.getMessage());
        }
    }

    private static ToolChoice word(Fields request, JsonNode value) {
        return switch (value.isString() ? value.stringValue() : "") {
            case "none" -> new ToolChoice.None();
            case "auto" -> new ToolChoice.Auto();
            case "required" -> new ToolChoice.Required();
            default ->
                    throw request.wrong("tool_choice", "none, auto, required or an object", value);
        };
    }

    private static ToolChoice named(Fields choice) {
        return new ToolChoice.Named(choice.requiredObject("function").requiredString("name"));
    }

    /// Some of the tools; the model is told of no others.
    private static ToolUse allowed(Fields choice, ToolUse all) {
        Fields allowed = choice.requiredObject("allowed_tools");
        var names = new HashSet<String>();
        for (Fields tool : allowed.objects("tools")) {
            Fields function = tool.requiredObject("function");
            String name = function.requiredString("name");
            if (!all.callable().contains(name))
                throw function.bad("name", "'" + name + "' is none of the tools");
            names.add(name);
        }
        var some = all.tools().stream().filter(tool -> names.contains(tool.name())).toList();
        if (some.isEmpty()) throw allowed.bad("tools", "is empty: name at least one");
        String mode = allowed.string("mode", "auto");
        return switch (mode) {
            case "auto" -> new ToolUse(some, new ToolChoice.Auto(), all.parallel());
            case "required" -> new ToolUse(some, new ToolChoice.Required(), all.parallel());
            default -> throw allowed.bad("mode", "must be auto or required, not '" + mode + "'");
        };
    }
}

package chuan.server.openai;

import chuan.engine.Constraint;
import chuan.engine.InvalidRequestException;
import chuan.engine.constrain.Constraints;
import chuan.engine.constrain.SchemaException;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolCallParser;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolSchemas;
import chuan.engine.tools.ToolTemplate;
import chuan.server.ApiException;
import chuan.server.Fields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The tools of a request, and whether they are to be called.
///
/// @param parallel an answer may hold several calls
record ToolUse(List<Tool> tools, ToolChoice choice, boolean parallel) {
    private static final int MOST_TOOLS = 128;
    private static final int MOST_CALLS = 128;

    static ToolUse of(Fields request) {
        var tools = new ArrayList<Tool>();
        var names = new HashSet<String>();
        var given = request.objects("tools");
        if (given.size() > MOST_TOOLS)
            throw request.bad("tools", "are more than the " + MOST_TOOLS + " that are allowed");
        for (Fields each : given) {
            var tool = tool(each);
            if (!names.add(tool.name()))
                throw each.bad("function.name", "'" + tool.name() + "' is there twice");
            tools.add(tool);
        }
        return new ToolUse(
                tools, choice(request, names), request.bool("parallel_tool_calls", true));
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
            throw function.bad(e.field(), String.valueOf(e.getMessage()));
        }
    }

    private static ToolChoice choice(Fields request, HashSet<String> names) {
        JsonNode value = request.get("tool_choice");
        if (value != null && value.isObject() && names.isEmpty())
            throw request.bad("tool_choice", "there are no tools to choose from");
        if (value == null) return names.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
        ToolChoice choice =
                switch (value.isString() ? value.stringValue() : "") {
                    case "none" -> new ToolChoice.None();
                    case "auto" -> names.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
                    case "required" -> new ToolChoice.Required();
                    default -> named(request, value, names);
                };
        if (choice.forced() && names.isEmpty())
            throw request.bad("tool_choice", "there are no tools to choose from");
        return choice;
    }

    private static ToolChoice named(Fields request, JsonNode value, HashSet<String> names) {
        if (!value.isObject())
            throw request.wrong("tool_choice", "none, auto, required or an object", value);
        Fields fields = request.requiredObject("tool_choice");
        Fields function = fields.requiredObject("function");
        String name = function.requiredString("name");
        if (!names.contains(name))
            throw function.bad("name", "'" + name + "' is none of the tools");
        return new ToolChoice.Named(name);
    }

    /// Whether the model knows of them.
    boolean offered() {
        return !(choice instanceof ToolChoice.None);
    }

    /// Who finds the calls in an answer; null if there are none to be found.
    ///
    /// @param beginning of the answer, which the client has
    @Nullable ToolCallParser parser(String beginning) {
        if (!offered()) return null;
        var names = tools.stream().map(Tool::name).collect(Collectors.toSet());
        var parser = new ToolCallParser(names, parallel && !choice.forced() ? MOST_CALLS : 1);
        parser.accept(beginning);
        return parser;
    }

    /// What the model is told, in the language of the conversation.
    String words(ToolTemplate template) {
        return template.tools(tools, choice, parallel);
    }

    /// What a forced call must be behind its marker: JSON that follows the tool's schema. A schema
    /// that cannot be followed is refused if it is strict; otherwise any object will do for its
    /// tool.
    Constraint call(Constraints constraints) {
        var choices = new ArrayList<Tool>();
        for (int i = 0; i < tools.size(); i++) {
            var tool = tools.get(i);
            if (choice instanceof ToolChoice.Named(String name) && !name.equals(tool.name()))
                continue;
            choices.add(followed(tool, i, constraints));
        }
        return constraints.continuing().jsonSchema(ToolSchemas.call(choices));
    }

    private static Tool followed(Tool tool, int index, Constraints constraints) {
        if (tool.parameters().isEmpty()) return tool;
        try {
            constraints.continuing().jsonSchema(ToolSchemas.call(List.of(tool)));
            return tool;
        } catch (SchemaException e) {
            if (!tool.strict()) return new Tool(tool.name(), tool.description(), "", false);
            String param = "tools[" + index + "].function.parameters";
            throw ApiException.badRequest(
                    param, e.code(), param + ": " + String.valueOf(e.getMessage()));
        }
    }
}

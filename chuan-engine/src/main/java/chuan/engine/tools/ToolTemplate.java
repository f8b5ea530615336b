package chuan.engine.tools;

import chuan.files.Json;
import java.util.List;
import java.util.stream.Collectors;

/// The words in which tools, calls and results stand in a conversation.
public final class ToolTemplate {
    /// In front of each call.
    public static final String BEGIN = "<tool_call>";

    /// Behind each call.
    public static final String END = "</tool_call>";

    private ToolTemplate() {}

    /// What the system text says about tools; to be put behind the user's own.
    public static String system(List<Tool> tools, ToolChoice choice) {
        if (tools.isEmpty() || choice instanceof ToolChoice.None) return "";
        String list = tools.stream().map(ToolTemplate::line).collect(Collectors.joining("\n"));
        String when =
                switch (choice) {
                    case ToolChoice.None _ -> "";
                    case ToolChoice.Auto _ -> "需要时可以调用下列工具 (you may call these tools):";
                    case ToolChoice.Required _ -> "必须调用下列工具 (you must call these tools):";
                    case ToolChoice.Named named ->
                            "必须调用工具 " + named.name() + " (you must call this tool):";
                };
        return when
                + "\n<tools>\n"
                + list
                + "\n</tools>\n调用格式 (to call one, write):\n"
                + BEGIN
                + "{\"name\": \"工具名\", \"arguments\": {参数}}"
                + END;
    }

    private static String line(Tool tool) {
        String name = new Json.Str(tool.name()).compact();
        String description = new Json.Str(tool.description()).compact();
        String parameters = tool.parameters().isBlank() ? "{}" : tool.parameters().strip();
        return "{\"name\": "
                + name
                + ", \"description\": "
                + description
                + ", \"parameters\": "
                + parameters
                + "}";
    }

    /// A call of an earlier answer, as the model wrote it.
    ///
    /// @param arguments JSON object
    public static String call(String name, String arguments) {
        return BEGIN
                + "{\"name\": "
                + new Json.Str(name).compact()
                + ", \"arguments\": "
                + arguments
                + "}"
                + END;
    }

    /// What a tool returned, as a message of the user.
    ///
    /// @param name of the tool or of the call; may be empty
    public static String result(String name, String content) {
        String open = name.isEmpty() ? "<tool_response>" : "<tool_response name=\"" + name + "\">";
        return open + "\n" + content + "\n</tool_response>";
    }
}

package chuan.engine.tools;

import chuan.engine.ChatMessage;
import chuan.engine.ChatMessage.Role;
import java.util.List;
import java.util.regex.Pattern;

/// How tools, calls and results are written in a conversation with a model that was not trained on
/// any form of them: our own form, in words it can follow. All of it is plain text in messages that
/// [chuan.engine.ChatTemplate] writes down, so it takes no token of the vocabulary.
///
/// - The tools stand in the system text, a line of JSON each, and how to call one behind them.
/// - A call is the line [#MARKER], then `{"name": …, "arguments": {…}}`. More calls follow in the
///   same way; what the model says stands in front of them.
/// - A result is said by the user; results that follow each other are one message.
///
/// [ToolCallParser] reads what [#calls] writes.
public enum ToolTemplate {
    CHINESE(
            """
            你可以使用下面的工具，每行一个，以 JSON 表示名称、说明和参数：
            """,
            """
            需要使用工具时，单独写一行 <tool_call>，在下一行写出调用的 JSON，例如：
            <tool_call>
            {"name": "工具名称", "arguments": {"参数名": "参数值"}}
            然后结束回答，工具的结果会在下一条消息中给出。不需要工具时，直接回答。\
            """,
            "这一次必须使用工具。",
            "这一次必须使用工具 %s。",
            "一次只能调用一个工具。",
            "需要几个工具时，把各个调用依次写出。",
            "工具 %s 的结果：",
            "工具的结果："),

    ENGLISH(
            """
            You can use these tools. Each line is JSON with the name, description and parameters of one:
            """,
            """
            To use a tool, write <tool_call> on a line of its own and the call as JSON on the next line:
            <tool_call>
            {"name": "name of the tool", "arguments": {"parameter": "value"}}
            Then end your answer: the next message holds the result. If no tool is needed, just answer.\
            """,
            "This time a tool must be used.",
            "This time the tool %s must be used.",
            "Call one tool at a time.",
            "If several tools are needed, write their calls one after the other.",
            "Result of the tool %s:",
            "Result of the tool:");

    /// The line in front of a call.
    public static final String MARKER = "<tool_call>";

    /// JSON has line breaks between its parts only.
    private static final Pattern LINE_BREAK = Pattern.compile("\\s*\\R\\s*");

    /// What a call begins with.
    public static final String BEGIN = MARKER + "\n";

    private final String before;
    private final String after;
    private final String required;
    private final String named;
    private final String single;
    private final String several;
    private final String result;
    private final String unnamed;

    ToolTemplate(
            String before,
            String after,
            String required,
            String named,
            String single,
            String several,
            String result,
            String unnamed) {
        this.before = before;
        this.after = after;
        this.required = required;
        this.named = named;
        this.single = single;
        this.several = several;
        this.result = result;
        this.unnamed = unnamed;
    }

    /// Letters that say about as much as one Chinese character.
    private static final int LETTERS_PER_HAN = 4;

    /// That of a conversation; what the system text says does not count.
    public static ToolTemplate of(List<ChatMessage> messages) {
        var said = new StringBuilder();
        for (var message : messages)
            if (message.role() != Role.SYSTEM) said.append(message.content());
        return forText(said);
    }

    /// The language of a text: Chinese if most of what it says is in Chinese characters. An English
    /// question about 北京 is English, a Chinese one about a function of a program Chinese.
    static ToolTemplate forText(CharSequence text) {
        long han = count(text, Character.UnicodeScript.HAN);
        return han > 0 && han * LETTERS_PER_HAN >= count(text, Character.UnicodeScript.LATIN)
                ? CHINESE
                : ENGLISH;
    }

    private static long count(CharSequence text, Character.UnicodeScript script) {
        return text.codePoints().filter(c -> Character.UnicodeScript.of(c) == script).count();
    }

    /// For the system text: the tools, and how to call one.
    String tools(ToolUse use) {
        var text = new StringBuilder(before);
        for (Tool tool : use.tools()) text.append(describe(tool)).append('\n');
        text.append(after);
        switch (use.choice()) {
            case ToolChoice.None _, ToolChoice.Auto _ -> {}
            case ToolChoice.Required _ -> text.append('\n').append(required);
            case ToolChoice.Named(String name) -> text.append('\n').append(named.formatted(name));
        }
        return text.append('\n').append(use.several() ? several : single).toString();
    }

    private static String describe(Tool tool) {
        var line = new StringBuilder("{\"name\": ").append(quoted(tool.name()));
        if (!tool.description().isEmpty())
            line.append(", \"description\": ").append(quoted(tool.description()));
        if (!tool.parameters().isEmpty())
            line.append(", \"parameters\": ")
                    .append(LINE_BREAK.matcher(tool.parameters().strip()).replaceAll(" "));
        return line.append('}').toString();
    }

    private static String quoted(String text) {
        var out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                default -> out.append(c < ' ' ? ' ' : c);
            }
        }
        return out.append('"').toString();
    }

    /// An answer with calls, as the model would have written it.
    ///
    /// @param content what stands in front of them, "" for nothing
    public static String calls(String content, List<ToolCall> calls) {
        var text = new StringBuilder(content);
        for (ToolCall call : calls) {
            if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') text.append('\n');
            text.append(BEGIN)
                    .append("{\"name\": ")
                    .append(quoted(call.name()))
                    .append(", \"arguments\": ")
                    .append(call.arguments())
                    .append('}');
        }
        return text.toString();
    }

    /// What the user says when a tool has returned.
    ///
    /// @param name "" if it is not known
    public String result(String name, String content) {
        return (name.isEmpty() ? unnamed : result.formatted(name)) + "\n" + content;
    }
}

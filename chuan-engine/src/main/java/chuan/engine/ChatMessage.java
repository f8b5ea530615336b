package chuan.engine;

import chuan.engine.tools.ToolCall;
import java.util.List;
import java.util.Locale;

/// One turn of a conversation.
///
/// @param content "" if there is none, as beside calls
/// @param calls of tools, by the assistant
/// @param tool whose result it is, "" if that is not known or it is none
public record ChatMessage(Role role, String content, List<ToolCall> calls, String tool) {

    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT,
        /// What a tool returned.
        TOOL;

        /// The role that a plain conversation names.
        ///
        /// @param field named if the role is unknown, e.g. `messages[2].role`
        public static Role parse(String name, String field) {
            return switch (name) {
                case "system" -> SYSTEM;
                case "user" -> USER;
                case "assistant" -> ASSISTANT;
                default ->
                        throw new InvalidRequestException(
                                field, "'" + name + "' is not one of system, user, assistant");
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public ChatMessage {
        calls = List.copyOf(calls);
    }

    /// Text alone.
    public ChatMessage(Role role, String content) {
        this(role, content, List.of(), "");
    }

    public static ChatMessage system(String content) {
        return new ChatMessage(Role.SYSTEM, content);
    }

    public static ChatMessage user(String content) {
        return new ChatMessage(Role.USER, content);
    }

    public static ChatMessage assistant(String content) {
        return new ChatMessage(Role.ASSISTANT, content);
    }

    /// What the assistant said, and the tools that it called then.
    public static ChatMessage assistant(String content, List<ToolCall> calls) {
        return new ChatMessage(Role.ASSISTANT, content, calls, "");
    }

    /// What a tool returned.
    ///
    /// @param name of the tool, "" if it is not known
    public static ChatMessage tool(String name, String result) {
        return new ChatMessage(Role.TOOL, result, List.of(), name);
    }
}

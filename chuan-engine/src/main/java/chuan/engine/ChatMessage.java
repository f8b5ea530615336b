package chuan.engine;

import java.util.Locale;

/// One turn of a conversation.
public record ChatMessage(Role role, String content) {

    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT;

        /// The role that an API request names.
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

    public static ChatMessage system(String content) {
        return new ChatMessage(Role.SYSTEM, content);
    }

    public static ChatMessage user(String content) {
        return new ChatMessage(Role.USER, content);
    }

    public static ChatMessage assistant(String content) {
        return new ChatMessage(Role.ASSISTANT, content);
    }
}

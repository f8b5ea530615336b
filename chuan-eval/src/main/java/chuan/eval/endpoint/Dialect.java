package chuan.eval.endpoint;

import chuan.engine.ChatMessage;
import chuan.eval.Prompt;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// How a route wants its requests: the fields that have changed over the years.
///
/// @param limit name of the field that bounds the answer
/// @param temperature whether it may be set; some models have only their own
record Dialect(String model, String limit, boolean temperature) {
    private static final String OLD_LIMIT = "max_tokens";
    private static final String NEW_LIMIT = "max_completion_tokens";

    /// Many endpoints allow no more.
    private static final int MOST_STOPS = 4;

    static Dialect of(String model) {
        return new Dialect(model, OLD_LIMIT, true);
    }

    /// What a refusal asks for; this if nothing.
    Dialect after(Transport.Answer refusal) {
        String all = refusal.codes() + " " + refusal.message();
        if (limit.equals(OLD_LIMIT) && all.contains(NEW_LIMIT))
            return new Dialect(model, NEW_LIMIT, temperature);
        if (temperature && all.contains("temperature")) return new Dialect(model, limit, false);
        return this;
    }

    static String path(boolean chat) {
        return chat ? "/chat/completions" : "/completions";
    }

    ObjectNode request(Prompt prompt, int maxTokens, double heat, long seed, List<String> stop) {
        var body = JsonNodeFactory.instance.objectNode();
        if (!model.isEmpty()) body.put("model", model);
        switch (prompt) {
            case Prompt.Text(String text) -> body.put("prompt", text);
            case Prompt.Chat(var messages) -> {
                var list = body.putArray("messages");
                for (ChatMessage message : messages)
                    list.addObject()
                            .put("role", message.role().toString())
                            .put("content", message.content());
            }
        }
        body.put(limit, maxTokens);
        if (temperature) body.put("temperature", heat);
        if (heat > 0) body.put("seed", seed);
        if (!stop.isEmpty()) {
            var list = body.putArray("stop");
            stop.stream().limit(MOST_STOPS).forEach(list::add);
        }
        return body;
    }

    /// One token, the most likely.
    ObjectNode oneToken(Prompt prompt) {
        return request(prompt, 1, 0, 0, List.of());
    }
}

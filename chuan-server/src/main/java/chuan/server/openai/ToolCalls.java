package chuan.server.openai;

import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolDelta;
import chuan.server.JsonObject;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Calls of tools as they are written down.
public final class ToolCalls {
    private ToolCalls() {}

    /// The first delta of a call: the only one with id, type and name.
    static JsonObject begin(int index, String name) {
        return new JsonObject()
                .put("index", index)
                .put("id", id())
                .put("type", "function")
                .put("function", new JsonObject().put("name", name).put("arguments", ""));
    }

    /// All others.
    static JsonObject arguments(int index, String json) {
        return new JsonObject()
                .put("index", index)
                .put("function", new JsonObject().put("arguments", json));
    }

    private static String id() {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        return "call_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextInt());
    }

    /// The deltas of one answer put together.
    public static final class Collected {
        private final StringBuilder content = new StringBuilder();
        private final List<String> names = new ArrayList<>();
        private final List<StringBuilder> arguments = new ArrayList<>();

        public void add(List<ToolDelta> deltas) {
            for (ToolDelta delta : deltas) {
                switch (delta) {
                    case ToolDelta.Content(String text) -> content.append(text);
                    case ToolDelta.Begin(_, String name) -> {
                        names.add(name);
                        arguments.add(new StringBuilder());
                    }
                    case ToolDelta.Arguments(int index, String json) ->
                            arguments.get(index).append(json);
                }
            }
        }

        public String content() {
            return content.toString();
        }

        public List<ToolCall> calls() {
            var calls = new ArrayList<ToolCall>();
            for (int i = 0; i < names.size(); i++)
                calls.add(new ToolCall(names.get(i), arguments.get(i).toString()));
            return calls;
        }

        List<JsonObject> toJson() {
            var list = new ArrayList<JsonObject>();
            for (ToolCall call : calls())
                list.add(
                        new JsonObject()
                                .put("id", id())
                                .put("type", "function")
                                .put(
                                        "function",
                                        new JsonObject()
                                                .put("name", call.name())
                                                .put("arguments", call.arguments())));
            return list;
        }
    }
}

package chuan.server.openai;

import chuan.engine.tools.ToolCall;
import chuan.server.JsonObject;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Calls of tools as they are written down.
final class ToolCalls {
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

    /// Those of a whole answer.
    static List<JsonObject> list(List<ToolCall> calls) {
        var list = new ArrayList<JsonObject>();
        for (ToolCall call : calls)
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

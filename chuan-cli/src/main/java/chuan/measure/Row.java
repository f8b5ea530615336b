package chuan.measure;

import tools.jackson.databind.JsonNode;

/// A line of the ledger, read. Older lines lack fields: texts are empty then, numbers NaN.
record Row(JsonNode json) {
    String text(String key) {
        return json.path(key).asString("");
    }

    double number(String key) {
        return json.path(key).asDouble(Double.NaN);
    }

    /// Least and most.
    double[] spread(String key) {
        var pair = json.path(key);
        return new double[] {pair.path(0).asDouble(Double.NaN), pair.path(1).asDouble(Double.NaN)};
    }

    boolean has(String key) {
        return json.has(key);
    }

    /// Whether it is a speed of a model, as `chuan bench` writes it.
    boolean isSpeed() {
        return has("prompt") && has("generate") && has("run");
    }

    boolean isPrompt() {
        return number("prompt") > 0;
    }

    boolean hasPeer() {
        return has("peer") && has("ratio");
    }

    /// llama.cpp, of "llama.cpp v1 (…)".
    String peerName() {
        return text("peer").split(" ", 2)[0];
    }

    boolean fourBits() {
        return text("format").equals("int4") || text("format").equals("q4_0");
    }

    boolean eightBits() {
        return text("format").equals("int8") || text("format").equals("q8_0");
    }

    /// What a later row must share to replace this one.
    String subject() {
        return String.join(
                "|",
                text("machine"),
                text("model"),
                text("format"),
                text("kernels"),
                text("activations"),
                text("kv"),
                text("window"),
                text("threads"),
                text("what"),
                peerName(),
                text("peer_instructions"));
    }
}

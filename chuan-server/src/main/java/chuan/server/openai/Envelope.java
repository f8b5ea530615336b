package chuan.server.openai;

import chuan.server.JsonObject;
import chuan.server.ServedModel;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// What all chunks of one answer, or the one object, have in common.
///
/// @param id of the answer
/// @param created seconds since 1970
record Envelope(String id, long created, String model, String fingerprint) {

    /// @param prefix of the id: `chatcmpl`
    static Envelope of(String prefix, ServedModel model, String calledAs) {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        String id =
                prefix
                        + "-"
                        + hex.toHexDigits(random.nextLong())
                        + hex.toHexDigits(random.nextLong());
        return new Envelope(id, Instant.now().getEpochSecond(), calledAs, model.fingerprint());
    }

    JsonObject with(String object, List<JsonObject> choices) {
        return new JsonObject()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model)
                .put("system_fingerprint", fingerprint)
                .put("choices", choices);
    }
}

package chuan.hub;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON from a hub, and that of the manifest.
final class HubJson {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private HubJson() {}

    static JsonNode read(String where, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new HubException(where + ": is not JSON: " + e.getOriginalMessage());
        }
    }

    static long size(String path, JsonNode size) {
        if (!size.isIntegralNumber() || !size.canConvertToLong())
            throw new HubException(path + ": listed without a size");
        return size.longValue();
    }

    static String write(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}

package chuan.server;

import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/// A JSON object to be written: fields in the order in which they were put, null written as null.
/// Clients depend on which fields are there and which are null; here both can be seen at a glance.
public final class JsonObject extends LinkedHashMap<String, @Nullable Object> {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NullAway") // chains instead of returning what was there
    public JsonObject put(String name, @Nullable Object value) {
        super.put(name, value);
        return this;
    }
}

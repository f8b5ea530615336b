package chuan.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Bodies of requests and answers.
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");

    private Json() {}

    /// The body of a request, which must be JSON.
    ///
    /// @throws ApiException 413 if it is longer than `maxBytes`, 415 if it is said to be something
    ///   else, 400 if it is not JSON
    public static JsonNode read(ServerRequest request, long maxBytes) {
        request.headers()
                .first(HeaderNames.CONTENT_TYPE)
                .ifPresent(type -> checkType(type.toLowerCase(Locale.ROOT)));
        return parse(bytes(request, maxBytes));
    }

    /// The body of a request of a client that does not say what it sends; `curl -d` says that it is
    /// a form. Web pages must say it: they can send forms without being asked where they come from.
    public static JsonNode readAny(ServerRequest request, long maxBytes) {
        boolean page =
                request.headers().contains(HeaderNames.ORIGIN)
                        || request.headers().contains(FETCH_SITE);
        return page ? read(request, maxBytes) : parse(bytes(request, maxBytes));
    }

    private static void checkType(String type) {
        int end = type.indexOf(';');
        String media = (end < 0 ? type : type.substring(0, end)).strip();
        if (media.equals("application/json") || media.endsWith("+json")) return;
        throw new ApiException(
                415,
                "invalid_request_error",
                null,
                "unsupported_media_type",
                "Content-Type must be application/json, not " + media);
    }

    private static byte[] bytes(ServerRequest request, long maxBytes) {
        if (request.headers().contentLength().orElse(0) > maxBytes)
            throw ApiException.tooLarge(maxBytes);
        if (!request.content().hasEntity()) return new byte[0];
        var bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 13];
        try (InputStream in = request.content().inputStream()) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                if (bytes.size() + (long) n > maxBytes) throw ApiException.tooLarge(maxBytes);
                bytes.write(buffer, 0, n);
            }
        } catch (IOException e) {
            throw ApiException.badRequest(null, "the request broke off: " + e.getMessage());
        }
        return bytes.toByteArray();
    }

    /// @throws ApiException 400 if it is not JSON
    public static JsonNode parse(byte[] bytes) {
        if (bytes.length == 0)
            throw ApiException.badRequest(null, "The request has no body; send a JSON object");
        try {
            return MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            var at = e.getLocation();
            String where =
                    at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw ApiException.badRequest(
                    null, "The body is not valid JSON" + where + ": " + e.getOriginalMessage());
        }
    }

    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    public static String string(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /// Answers with JSON.
    public static void send(ServerResponse response, int status, Object value) {
        response.status(status);
        response.header("Content-Type", "application/json");
        response.send(bytes(value));
    }
}

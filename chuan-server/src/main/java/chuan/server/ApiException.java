package chuan.server;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A request that is answered by an error: status, and the parts of OpenAI's error object. Thrown
/// by routes and filters, written by [ErrorResponses].
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final transient @Nullable String param;
    private final transient @Nullable String code;
    private final transient Map<String, String> headers = new LinkedHashMap<>();
    private final transient Map<String, Object> details = new LinkedHashMap<>();

    /// @param type `invalid_request_error` for what the client can correct
    /// @param param the request's field that is at fault
    /// @param code for programs: `context_length_exceeded`
    public ApiException(
            int status,
            String type,
            @Nullable String param,
            @Nullable String code,
            String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /// 400: the field has a value that is not possible.
    public static ApiException badRequest(@Nullable String param, String message) {
        return badRequest(param, null, message);
    }

    public static ApiException badRequest(
            @Nullable String param, @Nullable String code, String message) {
        return new ApiException(400, "invalid_request_error", param, code, message);
    }

    /// 404: there is nothing under this address.
    public static ApiException notFound(String message) {
        return new ApiException(404, "invalid_request_error", null, "not_found", message);
    }

    /// 404: there is no model of this name.
    public static ApiException modelNotFound(String model) {
        return new ApiException(
                404,
                "invalid_request_error",
                "model",
                "model_not_found",
                "The model '" + model + "' does not exist; GET /v1/models lists what does");
    }

    /// 413: the request is larger than the server takes.
    public static ApiException tooLarge(long limit) {
        return new ApiException(
                413,
                "invalid_request_error",
                null,
                "request_too_large",
                "The request is larger than the " + limit + " bytes that this server takes");
    }

    /// 429: come back later.
    public static ApiException tooMany(String message, Duration retryAfter) {
        return new ApiException(429, "rate_limit_exceeded", null, "rate_limit_exceeded", message)
                .retryAfter(retryAfter);
    }

    /// 503: not now.
    public static ApiException unavailable(String message, Duration retryAfter) {
        return new ApiException(503, "service_unavailable", null, "service_unavailable", message)
                .retryAfter(retryAfter);
    }

    /// 500: a fault of ours that trying again will not mend.
    public static ApiException server(String message) {
        return new ApiException(500, "server_error", null, null, message)
                .withHeader("x-should-retry", "false");
    }

    /// When the client should try again; whole seconds, at least one.
    public ApiException retryAfter(Duration wait) {
        long millis = Math.max(1, wait.toMillis());
        return withHeader("Retry-After", Long.toString(Math.ceilDiv(millis, 1000L)))
                .withHeader("retry-after-ms", Long.toString(millis));
    }

    public ApiException withHeader(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /// Another field of the error object.
    public ApiException withDetail(String name, Object value) {
        details.put(name, value);
        return this;
    }

    public int status() {
        return status;
    }

    public @Nullable String param() {
        return param;
    }

    public @Nullable String code() {
        return code;
    }

    public Map<String, String> headers() {
        return headers;
    }

    /// `{"error":{"message","type","param","code"}}`: all four are always there, null if unknown.
    public JsonObject body() {
        var error =
                new JsonObject()
                        .put("message", getMessage())
                        .put("type", type)
                        .put("param", param)
                        .put("code", code);
        details.forEach(error::put);
        return new JsonObject().put("error", error);
    }
}

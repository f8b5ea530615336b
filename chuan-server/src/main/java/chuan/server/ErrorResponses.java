package chuan.server;

import chuan.engine.InvalidRequestException;
import chuan.engine.OverloadedException;
import chuan.engine.ShuttingDownException;
import chuan.engine.constrain.SchemaException;
import chuan.model.ContextTooLongException;
import io.helidon.http.HttpException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Turns whatever a route throws into an answer: OpenAI's error object, or under `/api/` Ollama's
/// `{"error":"text"}`. What was not foreseen is logged and tells the client nothing of our insides.
public final class ErrorResponses {
    private static final Logger LOG = System.getLogger("chuan.server");

    private ErrorResponses() {}

    /// What an exception means to the client.
    public static ApiException of(Throwable problem) {
        return switch (problem) {
            case ApiException e -> e;
            case SchemaException e ->
                    ApiException.badRequest(e.field(), e.code(), message(e.getMessage()));
            case InvalidRequestException e ->
                    ApiException.badRequest(e.field(), message(e.getMessage()));
            case ContextTooLongException e ->
                    ApiException.badRequest(
                            "messages", "context_length_exceeded", message(e.getMessage()));
            case OverloadedException e ->
                    ApiException.tooMany("The server is busy: " + e.getMessage(), e.retryAfter());
            case ShuttingDownException _ ->
                    ApiException.unavailable("The server is shutting down", Duration.ofSeconds(10));
            case HttpException e when e.status().code() < 500 ->
                    new ApiException(
                            e.status().code(),
                            "invalid_request_error",
                            null,
                            null,
                            message(e.getMessage()));
            default -> unforeseen(problem);
        };
    }

    private static ApiException unforeseen(Throwable problem) {
        LOG.log(Level.ERROR, "a request failed by a fault of the server", problem);
        return ApiException.server("The server failed; its log says why");
    }

    private static String message(@Nullable String text) {
        return text == null ? "The request is not valid" : text;
    }

    static void handle(ServerRequest request, ServerResponse response, Throwable problem) {
        switch (problem) {
            case ClientGoneException gone -> throw gone;
            case UncheckedIOException gone -> throw new ClientGoneException(gone);
            case ServerConnectionException gone -> throw new ClientGoneException(gone);
            default -> send(request, response, of(problem));
        }
    }

    /// Writes an error in the form that the clients of this path expect.
    public static void send(ServerRequest request, ServerResponse response, ApiException e) {
        e.headers().forEach(response::header);
        boolean ollama = request.path().path().startsWith("/api/");
        Json.send(
                response,
                e.status(),
                ollama ? new JsonObject().put("error", e.getMessage()) : e.body());
    }
}

package chuan.server.ollama;

import chuan.server.ClientGoneException;
import chuan.server.ErrorResponses;
import chuan.server.Json;
import chuan.server.JsonObject;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// An answer in lines of JSON. The headers leave with the first line, so until then an error can
/// still be a status. One thread.
final class LineStream {
    private final ServerResponse response;
    private @Nullable OutputStream out;

    LineStream(ServerResponse response) {
        this.response = response;
    }

    void send(JsonObject line) {
        byte[] bytes = (Json.string(line) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (out == null) {
                response.header("Content-Type", "application/x-ndjson");
                response.header("Cache-Control", "no-cache");
                response.header("X-Accel-Buffering", "no"); // for nginx
                out = response.outputStream();
            }
            out.write(bytes);
            out.flush();
        } catch (IOException | UncheckedIOException e) {
            throw new ClientGoneException(e);
        }
    }

    /// Runs what writes this stream. What goes wrong is thrown while nothing has been sent, and is
    /// the last line afterwards.
    void guard(Runnable writer) {
        try {
            writer.run();
        } catch (ClientGoneException e) {
            throw e;
        } catch (RuntimeException e) {
            if (out == null) throw e;
            send(new JsonObject().put("error", ErrorResponses.of(e).getMessage()));
        }
        close();
    }

    private void close() {
        try {
            if (out != null) out.close();
        } catch (IOException | UncheckedIOException e) {
            throw new ClientGoneException(e);
        }
    }
}

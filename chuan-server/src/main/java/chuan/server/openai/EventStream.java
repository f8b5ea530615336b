package chuan.server.openai;

import chuan.server.ApiException;
import chuan.server.ClientGoneException;
import chuan.server.ErrorResponses;
import chuan.server.Json;
import chuan.server.JsonObject;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// An answer in server-sent events, as OpenAI's clients parse them: `data: {…}`, a blank line, and
/// at the end `data: [DONE]`. The headers leave with the first byte, so until then an error can
/// still be a status. One thread.
///
/// Source: WHATWG HTML, "Server-sent events"; what clients make of it: openai-python's and
/// openai-node's parsers.
final class EventStream {
    private static final byte[] BEFORE = ascii("data: ");
    private static final byte[] AFTER = ascii("\n\n");
    private static final byte[] DONE = ascii("data: [DONE]\n\n");

    /// No blank line behind it: several clients take that for the end of an empty event.
    private static final byte[] KEEP_ALIVE = ascii(": keep-alive\n");

    private final ServerResponse response;
    private @Nullable OutputStream out;

    EventStream(ServerResponse response) {
        this.response = response;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    void send(JsonObject event) {
        byte[] json = Json.bytes(event);
        byte[] all = new byte[BEFORE.length + json.length + AFTER.length];
        System.arraycopy(BEFORE, 0, all, 0, BEFORE.length);
        System.arraycopy(json, 0, all, BEFORE.length, json.length);
        System.arraycopy(AFTER, 0, all, BEFORE.length + json.length, AFTER.length);
        write(all);
    }

    void keepAlive() {
        write(KEEP_ALIVE);
    }

    void done() {
        write(DONE);
        close();
    }

    /// Both SDKs raise an exception when an event has `error` on top; `[DONE]` does not follow.
    private void fail(ApiException problem) {
        send(problem.body());
        close();
    }

    /// Runs what writes this stream. What goes wrong is thrown while nothing has been sent, and is
    /// the last event afterwards.
    void guard(Runnable writer) {
        try {
            writer.run();
        } catch (ClientGoneException e) {
            throw e;
        } catch (RuntimeException e) {
            if (out == null) throw e;
            fail(ErrorResponses.of(e));
        }
    }

    private void write(byte[] bytes) {
        try {
            if (out == null) {
                response.header("Content-Type", "text/event-stream");
                response.header("Cache-Control", "no-cache");
                response.header("X-Accel-Buffering", "no"); // for nginx
                out = response.outputStream();
            }
            out.write(bytes);
            out.flush();
        } catch (IOException | UncheckedIOException | ServerConnectionException e) {
            throw new ClientGoneException(e);
        }
    }

    private void close() {
        try {
            if (out != null) out.close();
        } catch (IOException | UncheckedIOException | ServerConnectionException e) {
            throw new ClientGoneException(e);
        }
    }
}

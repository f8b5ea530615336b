package chuan.server.metrics;

import chuan.server.Json;
import chuan.server.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// One line of JSON for each request: who, what, how long, how many tokens; never what was said.
/// Any thread.
public final class AccessLog implements AutoCloseable {
    /// Nothing is written.
    public static final AccessLog NONE = new AccessLog(null, false);

    private final @Nullable PrintStream out;
    private final boolean owned;

    private AccessLog(@Nullable PrintStream out, boolean owned) {
        this.out = out;
        this.owned = owned;
    }

    /// To a stream of the caller's.
    public static AccessLog to(PrintStream out) {
        return new AccessLog(out, false);
    }

    /// Appends to a file.
    ///
    /// @throws IOException if it cannot be written
    public static AccessLog append(Path file) throws IOException {
        var stream =
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return new AccessLog(new PrintStream(stream, false, StandardCharsets.UTF_8), true);
    }

    void write(JsonObject line) {
        if (out == null) return;
        // whole lines, also where several processes append to one file
        byte[] bytes = (Json.string(line) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (out) {
            try {
                out.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            out.flush();
        }
    }

    @Override
    public void close() {
        if (owned && out != null) out.close();
    }
}

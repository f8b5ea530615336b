package chuan.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `chuan warm-up`: does a little of everything and prints nothing. The launcher runs it once to
/// record what the JVM's ahead-of-time cache shall hold.
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Runnable {
    private static final Streams NOWHERE =
            new Streams(
                    InputStream.nullInputStream(),
                    utf8(OutputStream.nullOutputStream()),
                    utf8(OutputStream.nullOutputStream()),
                    false,
                    false,
                    false);

    @Parameters(paramLabel = "FAMILY", description = "plain or compute.")
    String family = "";

    WarmUpCommand(Streams streams) {}

    @Override
    public void run() {
        run("", "--help");
        run("", "--version");
        run("", "doctor", "--json");
        if (Models.shippedName().isEmpty()) return;
        run("你好\n", "tokenize");
        run("", "inspect");
        if (family.equals("compute")) {
            run("", "generate", "--prompt", "你好", "--max-tokens", "8", "--json");
            terminal();
            server();
        }
    }

    /// A chat on a terminal that asks one question and leaves: what the prompt needs to appear.
    private static void terminal() {
        var keys = new ByteArrayInputStream("你好\r/exit\r".getBytes(UTF_8));
        var sampling = new SamplingMixin();
        sampling.maxTokens = 8;
        try (var models = new OpenModels(new CommonOptions(), sampling, NOWHERE);
                var terminal =
                        TerminalBuilder.builder()
                                .system(false)
                                .streams(keys, OutputStream.nullOutputStream())
                                .encoding(UTF_8)
                                .build()) {
            var store = ChatStore.ofUser();
            var out = terminal.writer();
            var look = new Look(() -> 80, true, false);
            var conversation = models.begin(new ModelOption());
            var shell = new ChatShell(conversation, models, store, out, out, look);
            new ChatTerminal(terminal, shell, store, null).run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A server that answers what programs and the page ask first. Where none may listen, nothing.
    private static void server() {
        try (var lines = new PipedInputStream();
                var out = utf8(new PipedOutputStream(lines))) {
            var streams = new Streams(NOWHERE.in(), out, NOWHERE.err(), false, false, false);
            var serving =
                    Thread.ofPlatform()
                            .name("serve")
                            .start(() -> {
                                Main.run(streams, "serve", "--port", "0", "--access-log", "off");
                                out.close();
                            });
            String line = new BufferedReader(new InputStreamReader(lines, UTF_8)).readLine();
            if (line != null) ask(URI.create(line.substring(0, line.indexOf(' '))).getPort());
            serving.interrupt();
            serving.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void ask(int port) throws IOException {
        String chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"你好\"}],\"max_tokens\":8";
        for (String path : new String[] {"/", "/health", "/ready", "/v1/models", "/metrics"})
            request(port, "GET", path, "");
        request(port, "POST", "/tokenize", "{\"content\":\"你好\"}");
        request(port, "POST", "/v1/chat/completions", chat + "}");
        request(port, "POST", "/v1/chat/completions", chat + ",\"stream\":true,\"logprobs\":true}");
        request(
                port,
                "POST",
                "/v1/chat/completions",
                chat + ",\"response_format\":{\"type\":\"json_object\"}}");
        request(port, "POST", "/v1/embeddings", "{\"input\":\"你好\"}");
    }

    /// By hand: the cache shall not hold a client.
    private static void request(int port, String method, String path, String body)
            throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        String head =
                "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                        .formatted(method, path, bytes.length);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(head.getBytes(UTF_8));
            socket.getOutputStream().write(bytes);
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    private static PrintStream utf8(OutputStream out) {
        return new PrintStream(out, true, UTF_8);
    }

    private static void run(String input, String... args) {
        var in = new ByteArrayInputStream(input.getBytes(UTF_8));
        Main.run(new Streams(in, NOWHERE.out(), NOWHERE.err(), false, false, false), args);
    }
}

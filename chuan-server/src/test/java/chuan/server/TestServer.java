package chuan.server;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cpu.CpuBackend;
import chuan.cpu.CpuOptions;
import chuan.engine.Engine;
import chuan.engine.Scheduler;
import chuan.engine.SchedulerOptions;
import chuan.files.ModelFolder;
import chuan.server.guard.AccessOptions;
import chuan.server.metrics.AccessLog;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tools.jackson.databind.JsonNode;

/// A server with the chat model that is shipped, and a client for it. Registered as an extension it
/// lives as long as the tests of a class.
public final class TestServer implements AutoCloseable, AfterAllCallback {
    public static final Path ROOT = Path.of(System.getProperty("chuan.root", ".."));
    public static final Path MODEL = ROOT.resolve("models/chuan-10m-chat");

    private final HttpClient client = HttpClient.newHttpClient();
    private final CpuBackend backend;
    private final Scheduler scheduler;
    private final ChuanServer server;

    public TestServer() {
        this(ServerOptions.defaults(), SchedulerOptions.defaults());
    }

    public TestServer(ServerOptions options, SchedulerOptions scheduling) {
        this(options, AccessOptions.defaults(), AccessLog.NONE, scheduling);
    }

    public TestServer(
            ServerOptions options,
            AccessOptions access,
            AccessLog log,
            SchedulerOptions scheduling) {
        ModelFolder folder;
        try {
            folder = ModelFolder.open(MODEL);
            backend = CpuBackend.load(folder, CpuOptions.defaults());
            var engine = new Engine(backend, Tokenizer.loadFolder(MODEL), folder.generation());
            scheduler = new Scheduler(engine, scheduling);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server = ChuanServer.listen(options.withPort(0), access, log);
        server.serve(
                new ServedModel(
                        "chuan-10m-chat",
                        "gpt-3.5-turbo",
                        Instant.ofEpochSecond(1_700_000_000),
                        "fp_test",
                        new ServedModel.Weights(
                                "safetensors", "F16", folder.weightBytes(), folder.parameters()),
                        scheduler));
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public ChuanServer server() {
        return server;
    }

    /// An answer's status, headers and body.
    public record Answer(int status, java.net.http.HttpHeaders headers, String text) {
        public JsonNode json() {
            return Json.parse(text.getBytes(StandardCharsets.UTF_8));
        }

        public String header(String name) {
            return headers.firstValue(name).orElse("");
        }

        /// The JSON of each event; the stream must end with `[DONE]`.
        public List<JsonNode> events() {
            assertThat(text).endsWith("\n\ndata: [DONE]\n\n");
            var events = new ArrayList<JsonNode>();
            for (String event : text.split("\n\n")) {
                String data =
                        event.lines()
                                .filter(line -> line.startsWith("data: "))
                                .findFirst()
                                .orElseThrow();
                if (!data.equals("data: [DONE]"))
                    events.add(Json.parse(data.substring(6).getBytes(StandardCharsets.UTF_8)));
            }
            return events;
        }
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path));
    }

    public Answer send(HttpRequest request) throws Exception {
        HttpResponse<String> response =
                client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        return new Answer(response.statusCode(), response.headers(), response.body());
    }

    public Answer get(String path) throws Exception {
        return send(request(path).build());
    }

    /// Posts JSON in which ' stands for ".
    public Answer post(String path, String json) throws Exception {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
                        .build());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close();
    }

    @Override
    public void close() {
        server.close();
        scheduler.close();
        backend.close();
        client.shutdownNow(); // close would wait for answers that nobody reads
    }
}

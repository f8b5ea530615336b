package chuan.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.SchedulerOptions;
import chuan.server.ChuanServer;
import chuan.server.Json;
import chuan.server.ServerOptions;
import chuan.server.TestServer;
import chuan.server.guard.AccessOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ObservationTest {
    private static final String SECRET = "蓝色的大象".repeat(40);

    private final ByteArrayOutputStream log = new ByteArrayOutputStream();

    private TestServer server() {
        return new TestServer(
                ServerOptions.defaults(),
                AccessOptions.defaults(),
                AccessLog.to(new PrintStream(log, true, StandardCharsets.UTF_8)),
                SchedulerOptions.defaults());
    }

    private static String chat(boolean stream) {
        return "{'messages':[{'role':'user','content':'"
                + SECRET
                + "'}],'max_tokens':5,'stream':"
                + stream
                + "}";
    }

    /// The lines are written after the answer is out.
    private JsonNode lines(int expected) throws Exception {
        for (int i = 0; i < 12_000; i++) {
            String text = log.toString(StandardCharsets.UTF_8);
            if (text.lines().count() >= expected)
                return Json.parse(
                        ("[" + String.join(",", text.lines().toList()) + "]")
                                .getBytes(StandardCharsets.UTF_8));
            Thread.sleep(5);
        }
        throw new AssertionError("log: " + log.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aLineForEachRequestAndNothingOfWhatWasSaid() throws Exception {
        try (var server = server()) {
            server.post("v1/chat/completions", chat(false));
            lines(1);
            var stream = server.post("v1/chat/completions", chat(true));
            lines(2);
            server.post("v1/chat/completions", "{");
            lines(3);
            server.get("health");
            server.get("v1/models/nothing");
            JsonNode lines = lines(4);
            assertThat(lines.size()).isEqualTo(4);
            assertThat(lines.get(0).get("status").asInt()).isEqualTo(200);
            assertThat(lines.get(0).get("prompt_tokens").asInt()).isPositive();
            assertThat(lines.get(0).get("completion_tokens").asInt()).isBetween(1, 5);
            assertThat(lines.get(0).get("first_token_ms").asDouble()).isPositive();
            assertThat(lines.get(1).get("id").asString()).isEqualTo(stream.header("x-request-id"));
            assertThat(lines.get(1).get("stream").asBoolean()).isTrue();
            assertThat(lines.get(1).get("cached_tokens").asInt()).isPositive();
            assertThat(lines.get(2).get("status").asInt()).isEqualTo(400);
            assertThat(lines.get(3).get("status").asInt()).isEqualTo(404);
            assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain("大象");
        }
    }

    @Test
    void aProxysIdIsKeptAndALineCannotBeForged() throws Exception {
        try (var server = server()) {
            var request = server.request("x%22%0A%7B%7D").header("x-request-id", "trace-7");
            assertThat(server.send(request.build()).header("x-request-id")).isEqualTo("trace-7");
            assertThat(lines(1).get(0).get("id").asString()).isEqualTo("trace-7");
            assertThat(log.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
        }
    }

    @Test
    void countersCountWhatHappened() throws Exception {
        try (var server = server()) {
            assertThat(sample(server, "chuan_ready")).isEqualTo(1);
            server.post("v1/chat/completions", chat(false));
            server.post("v1/chat/completions", chat(true));
            server.post("v1/chat/completions", "{}");
            lines(3);
            assertThat(sample(server, "chuan_requests_finished_total")).isEqualTo(2);
            assertThat(sample(server, "chuan_first_token_seconds_count")).isEqualTo(2);
            assertThat(sample(server, "chuan_tokens_cached_total")).isPositive();
            assertThat(sample(server, "chuan_tokens_generated_total")).isBetween(2.0, 12.0);
            assertThat(sample(server, "chuan_kv_limit_bytes")).isPositive();
            assertThat(
                            sample(
                                    server,
                                    "chuan_http_requests_seconds_count{endpoint=\"/v1/chat/completions\",method=\"POST\",status=\"400\"}"))
                    .isEqualTo(1);
        }
    }

    private static double sample(TestServer server, String name) throws Exception {
        return server.get("metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not there"));
    }

    /// A dashboard that asks for names that nobody counts shows empty graphs for ever.
    @Test
    void theDashboardAndTheAlertsAskForWhatIsThere() throws Exception {
        String there;
        try (var server = server()) {
            server.post("v1/chat/completions", chat(true));
            lines(1);
            there = server.get("metrics").text();
        }
        var word = Pattern.compile("\\b(?:chuan|jvm|process|system)_[a-z_]+\\b");
        for (String file :
                new String[] {
                    "deploy/grafana/chuan.json",
                    "deploy/kubernetes/autoscaling.yaml",
                    "deploy/prometheus/alerts.yaml",
                    "docs/operations.md"
                }) {
            var asked = new TreeSet<String>();
            var names = word.matcher(Files.readString(TestServer.ROOT.resolve(file)));
            while (names.find()) asked.add(names.group());
            assertThat(asked).as(file).isNotEmpty();
            for (String name : asked)
                assertThat(
                                Pattern.compile(
                                                "^" + name + "(_bucket|_count|_sum)?[ {]",
                                                Pattern.MULTILINE)
                                        .matcher(there)
                                        .find())
                        .as("%s asks for %s", file, name)
                        .isTrue();
        }
    }

    @Test
    void healthFollowsTheModel() throws Exception {
        try (var server = ChuanServer.listen(ServerOptions.defaults().withPort(0));
                var client = HttpClient.newHttpClient()) {
            server.loading(25, 100);
            for (String path : new String[] {"health", "ready"}) {
                var answer =
                        client.send(
                                HttpRequest.newBuilder(URI.create(server.address() + path)).build(),
                                BodyHandlers.ofByteArray());
                assertThat(answer.statusCode()).isEqualTo(503);
                JsonNode body = Json.parse(answer.body());
                assertThat(body.get("status").asString()).isEqualTo("loading");
                assertThat(body.get("progress").asDouble()).isEqualTo(0.25);
            }
        }
        try (var server = server()) {
            assertThat(server.get("health").json().get("status").asString()).isEqualTo("ok");
            assertThat(server.get("ready").status()).isEqualTo(200);
            assertThat(server.server().drain(java.time.Duration.ofSeconds(60))).isTrue();
            assertThat(server.get("health").status()).isEqualTo(200);
            assertThat(server.get("ready").status()).isEqualTo(503);
        }
    }

    /// Each route of the document is one of the server's, and the other way round; of those without
    /// /v1 the document says so in words.
    @Test
    void theOpenApiDocumentNamesTheRoutesThatThereAre() throws Exception {
        String document;
        var served = new TreeSet<String>();
        try (var server = server()) {
            document = server.get("openapi.yaml").text();
            for (String line :
                    Files.readString(
                                    TestServer.ROOT.resolve(
                                            "chuan-server/src/main/resources/openapi.yaml"))
                            .split("\n")) {
                if (!line.matches("  /.*:")) continue;
                String path = line.strip().substring(0, line.strip().length() - 1);
                String concrete = path.substring(1).replace("{id}", "chuan-10m-chat");
                for (String method : new String[] {"GET", "POST", "DELETE"}) {
                    int status =
                            server.send(
                                            server.request(concrete)
                                                    .method(
                                                            method,
                                                            HttpRequest.BodyPublishers.noBody())
                                                    .build())
                                    .status();
                    assertThat(status).as(method + " " + path).isNotIn(404, 500);
                    if (status != 405) served.add(path + " " + method.toLowerCase(Locale.ROOT));
                }
            }
        }
        var written = new TreeSet<String>();
        String path = "";
        for (String line : document.split("\n")) {
            if (line.matches("  /.*:")) path = line.strip().substring(0, line.strip().length() - 1);
            else if (line.matches("    (get|post|put|delete):"))
                written.add(path + " " + line.strip().substring(0, line.strip().length() - 1));
        }
        assertThat(served).isEqualTo(written).hasSizeGreaterThan(15);
        for (String name : endpoints())
            assertThat(written).as(name).anyMatch(p -> p.startsWith(name + " "));
    }

    /// Those that metrics know by name: written down beside the routes, in code.
    private static TreeSet<String> endpoints() {
        var names = new TreeSet<String>();
        for (String path :
                new String[] {
                    "/v1/chat/completions",
                    "/v1/completions",
                    "/v1/embeddings",
                    "/v1/models",
                    "/v1/models/x",
                    "/tokenize",
                    "/detokenize",
                    "/apply-template",
                    "/api/chat",
                    "/api/generate",
                    "/api/embed",
                    "/api/embeddings",
                    "/api/tags",
                    "/api/show",
                    "/api/ps",
                    "/api/version",
                    "/health",
                    "/ready",
                    "/metrics",
                    "/openapi.yaml"
                }) {
            String name = Endpoints.of(path, false);
            assertThat(name).isNotEqualTo("other");
            names.add(name);
        }
        return names;
    }
}

package chuan.server.guard;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.SchedulerOptions;
import chuan.server.ServerOptions;
import chuan.server.TestServer;
import chuan.server.TestServer.Answer;
import chuan.server.metrics.AccessLog;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardTest {
    private static final String CHAT =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":2}";

    private static TestServer server(AccessOptions access) {
        return new TestServer(
                ServerOptions.defaults(), access, AccessLog.NONE, SchedulerOptions.defaults());
    }

    private static Answer chat(TestServer server, String... headers) throws Exception {
        var request =
                server.request("v1/chat/completions")
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(CHAT));
        if (headers.length > 0) request.headers(headers);
        return server.send(request.build());
    }

    private static String code(Answer answer) {
        return answer.json().get("error").get("code").asString();
    }

    @Test
    void withoutARightKeyNothingOfTheModelIsSeen() throws Exception {
        String key = ApiKeys.generate();
        var keys = ApiKeys.parse("test", List.of("# two", ApiKeys.line("alice", key)));
        try (var server = server(AccessOptions.defaults().withKeys(keys))) {
            for (String path :
                    List.of(
                            "v1/models",
                            "/v1/models",
                            "models",
                            "metrics",
                            "api/tags",
                            "v1/chat/completions",
                            "nowhere",
                            "V1/models",
                            "health/",
                            "%761/models")) {
                var refused = server.get(path);
                assertThat(refused.status()).as(path).isEqualTo(401);
            }
            assertThat(code(chat(server))).isEqualTo("invalid_api_key");
            assertThat(code(chat(server, "Authorization", "Bearer wrong")))
                    .isEqualTo("invalid_api_key");
            assertThat(chat(server, "Authorization", "Basic " + key).status()).isEqualTo(401);
            assertThat(chat(server, "Authorization", "Bearer " + key).status()).isEqualTo(200);
            assertThat(chat(server, "Authorization", "bearer  " + key).status()).isEqualTo(200);
            assertThat(chat(server, "x-api-key", key).status()).isEqualTo(200);
            for (String path : List.of("health", "ready", "openapi.yaml", ""))
                assertThat(server.get(path).status()).as(path).isEqualTo(200);
        }
    }

    @Test
    void anotherPageMayNotUseTheServer() throws Exception {
        try (var server = server(AccessOptions.defaults())) {
            var refused = chat(server, "Origin", "https://evil.example");
            assertThat(refused.status()).isEqualTo(403);
            assertThat(code(refused)).isEqualTo("origin_not_allowed");
            assertThat(refused.header("Access-Control-Allow-Origin")).isEmpty();
            assertThat(chat(server, "Origin", "null").status()).isEqualTo(403);
            String own = server.server().address().toString();
            assertThat(chat(server, "Origin", own.substring(0, own.length() - 1)).status())
                    .isEqualTo(200);
        }
    }

    /// DNS rebinding: the attacker's name points to this machine.
    @Test
    void aNameThatIsNotTheServersIsRefused() throws Exception {
        try (var server = server(AccessOptions.defaults().withAllowedHosts(List.of("chat.lan")))) {
            assertThat(calledBy(server, "evil.example:8080"))
                    .startsWith("HTTP/1.1 403")
                    .contains("host_not_allowed");
            for (String host :
                    List.of("localhost:8080", "127.0.0.1", "[::1]:80", "192.168.1.4", "chat.lan"))
                assertThat(calledBy(server, host)).as(host).startsWith("HTTP/1.1 200");
            for (String host :
                    List.of("1.2.3.4.evil.example", "localhost.evil.example", "a.chat.lan"))
                assertThat(calledBy(server, host)).as(host).startsWith("HTTP/1.1 403");
        }
    }

    /// The whole answer to a request for the models, on a socket: Java's client chooses `Host`
    /// itself.
    private static String calledBy(TestServer server, String host) throws Exception {
        try (var socket = new Socket("127.0.0.1", server.server().port())) {
            String request =
                    "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void anAllowedPageIsToldSoBeforeAndAfter() throws Exception {
        var access = AccessOptions.defaults().withCorsOrigins(List.of("https://chat.example"));
        try (var server = server(access)) {
            var before =
                    server.send(
                            server.request("v1/chat/completions")
                                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                                    .headers(
                                            "Origin",
                                            "https://chat.example",
                                            "Access-Control-Request-Method",
                                            "POST",
                                            "Access-Control-Request-Headers",
                                            "authorization, x-stainless-os")
                                    .build());
            assertThat(before.status()).isEqualTo(204);
            assertThat(before.header("Access-Control-Allow-Origin"))
                    .isEqualTo("https://chat.example");
            assertThat(before.header("Access-Control-Allow-Headers")).contains("x-stainless-os");
            var answer = chat(server, "Origin", "https://chat.example");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Access-Control-Allow-Origin"))
                    .isEqualTo("https://chat.example");
            assertThat(answer.header("Vary")).contains("Origin");
            assertThat(chat(server, "Origin", "https://chat.example.evil").status()).isEqualTo(403);
        }
    }

    @Test
    void tooManyRequestsAreToldWhenToComeBack() throws Exception {
        try (var server = server(AccessOptions.defaults().withLimits(2, 0))) {
            assertThat(chat(server).header("x-ratelimit-remaining-requests")).isEqualTo("1");
            assertThat(chat(server).status()).isEqualTo(200);
            var refused = chat(server);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(code(refused)).isEqualTo("rate_limit_exceeded");
            assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 30);
            assertThat(server.get("health").status()).isEqualTo(200);
        }
    }

    @Test
    void tokensAreChargedWhenTheyAreKnown() throws Exception {
        try (var server = server(AccessOptions.defaults().withLimits(0, 3))) {
            assertThat(chat(server).status()).isEqualTo(200); // costs more than three
            var refused = chat(server);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.json().get("error").get("message").asString()).contains("tokens");
        }
    }

    @Test
    void answersCannotBeMisusedByABrowser() throws Exception {
        try (var server = server(AccessOptions.defaults())) {
            var page = server.send(server.request("").header("Accept", "text/html").build());
            assertThat(page.header("Content-Security-Policy"))
                    .contains("script-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            var json = server.get("v1/models");
            assertThat(json.header("Content-Security-Policy")).startsWith("default-src 'none'");
            assertThat(json.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(json.header("x-request-id")).startsWith("req_");
            assertThat(json.header("openai-processing-ms")).matches("\\d+");
        }
    }

    @Test
    void aFormIsNotJson() throws Exception {
        try (var server = server(AccessOptions.defaults())) {
            for (String path : List.of("v1/chat/completions", "tokenize")) {
                var request =
                        server.request(path)
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString(CHAT));
                assertThat(server.send(request.build()).status()).as(path).isEqualTo(415);
            }
        }
    }
}

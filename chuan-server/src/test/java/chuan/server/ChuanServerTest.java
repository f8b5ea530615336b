package chuan.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ChuanServerTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private final ChuanServer server = ChuanServer.listen(ServerOptions.defaults().withPort(0));

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(server.address() + path));
        if (headers.length > 0) request.headers(headers);
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    @Test
    void thePageIsThereAndIsFetchedOnce() throws Exception {
        var page = get("", "Accept", "text/html");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        assertThat(new String(page.body(), java.nio.charset.StandardCharsets.UTF_8))
                .startsWith("<!doctype html>");
        String tag = page.headers().firstValue("etag").orElseThrow();
        assertThat(get("", "Accept", "text/html", "If-None-Match", tag).statusCode())
                .isEqualTo(304);
    }

    @Test
    void whatIsNotThereIsSaidInOpenAisForm() throws Exception {
        for (String path : new String[] {"nothing", "v1/nothing", "../pom.xml", "web", "vendor"}) {
            var answer = get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            JsonNode error = Json.parse(answer.body()).get("error");
            assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
            assertThat(error.get("type").asString()).isEqualTo("invalid_request_error");
            assertThat(error.get("param").isNull()).isTrue();
        }
    }

    @Test
    void filesOutsideThePageAreNotServed() throws Exception {
        for (String path :
                new String[] {
                    "%2e%2e/chuan/server/ChuanServer.class",
                    "..%2fchuan/server/ChuanServer.class",
                    "vendor/..%2f..%2fchuan/server/Json.class"
                }) assertThat(get(path).statusCode()).as(path).isIn(400, 404);
    }
}

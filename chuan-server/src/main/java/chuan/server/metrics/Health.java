package chuan.server.metrics;

import chuan.server.Json;
import chuan.server.JsonObject;
import chuan.server.Routes;
import chuan.server.ServedModel;
import chuan.server.ServerState;
import chuan.server.ServerState.Phase;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// `/health`: is it worth letting this process live. `/ready`: should it be sent requests now.
/// `/metrics`, and the description of all routes.
final class Health implements HttpFeature {
    private final ServerState state;
    private final ServerMetrics metrics;
    private final byte[] openApi = resource("/openapi.yaml");

    Health(ServerState state, ServerMetrics metrics) {
        this.state = state;
        this.metrics = metrics;
    }

    private static byte[] resource(String name) {
        try (InputStream in = Health.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException(name + " is not in the jar");
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        Routes.get(routing, "/health", this::health);
        Routes.get(routing, "/ready", this::ready);
        Routes.get(routing, "/metrics", this::scrape);
        Routes.get(routing, "/openapi.yaml", this::describe);
    }

    /// 503 while the model is loaded, as llama.cpp's server has it; a server that finishes its last
    /// answers is still alive.
    private void health(ServerRequest request, ServerResponse response) {
        var phase = state.phase();
        boolean ok = phase instanceof Phase.Ready || phase instanceof Phase.Draining;
        answer(response, ok, describe(phase));
    }

    private void ready(ServerRequest request, ServerResponse response) {
        var phase = state.phase();
        answer(response, phase instanceof Phase.Ready, describe(phase));
    }

    private static void answer(ServerResponse response, boolean ok, JsonObject body) {
        response.header("Cache-Control", "no-store");
        if (!ok) response.header("Retry-After", "2");
        Json.send(response, ok ? 200 : 503, body);
    }

    private static JsonObject describe(Phase phase) {
        return switch (phase) {
            case Phase.Loading(long done, long total) ->
                    new JsonObject()
                            .put("status", "loading")
                            .put("loaded_bytes", done)
                            .put("total_bytes", total)
                            .put("progress", total > 0 ? (double) done / total : 0.0);
            case Phase.Ready(ServedModel model) -> serving("ok", model);
            case Phase.Draining(ServedModel model) -> serving("draining", model);
            case Phase.Failed(String message) ->
                    new JsonObject().put("status", "failed").put("message", message);
        };
    }

    private static JsonObject serving(String status, ServedModel model) {
        var statistics = model.scheduler().statistics();
        return new JsonObject()
                .put("status", status)
                .put("queued", statistics.queued())
                .put("running", statistics.running());
    }

    private void scrape(ServerRequest request, ServerResponse response) {
        response.header("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        response.header("Cache-Control", "no-store");
        response.send(metrics.scrape());
    }

    private void describe(ServerRequest request, ServerResponse response) {
        response.header("Content-Type", "application/yaml");
        response.header("Cache-Control", "no-cache");
        response.send(openApi);
    }
}

package chuan.server.metrics;

import chuan.server.ApiException;
import chuan.server.ErrorResponses;
import chuan.server.Exchange;
import chuan.server.JsonObject;
import chuan.server.ServerState;
import chuan.server.guard.AccessOptions;
import chuan.server.guard.Guard;
import chuan.server.guard.PageHeaders;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.function.Predicate;

/// Stands around every request: asks the guard, adds the headers that every answer has, and when
/// the answer is out counts it and writes its line into the access log. Also answers `/health`,
/// `/ready`, `/metrics` and `/openapi.yaml`.
public final class Observation implements HttpFeature, AutoCloseable {
    /// The client left before its answer was complete; nginx's number, only ever seen in logs.
    private static final int CLIENT_GONE = 499;

    private static final int LONGEST_PATH = 200;

    /// Others are one to the metrics, whatever clients invent.
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH");

    private final Guard guard;
    private final ServerMetrics metrics;
    private final AccessLog log;
    private final ServerState state;
    private final Predicate<String> isPage;

    /// @param isPage whether a path is that of a file of the page
    public Observation(
            ServerState state, AccessOptions access, AccessLog log, Predicate<String> isPage) {
        this.state = state;
        this.log = log;
        this.isPage = isPage;
        guard = new Guard(access, isPage);
        metrics = new ServerMetrics(state);
    }

    @Override
    public void setup(HttpRouting.Builder routing) {
        routing.addFilter(this::around);
        new Health(state, metrics).setup(routing);
    }

    private void around(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        var exchange = Exchange.of(request);
        metrics.begun();
        response.beforeSend(() -> headers(response, exchange));
        boolean complete = false;
        try {
            pass(chain, request, response, exchange);
            complete = true;
        } finally {
            ended(request, response, exchange, complete);
        }
        // Helidon says that it closes the connection, but of requests without a body it does not.
        if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE))
            throw new CloseConnectionException("as the client asked");
    }

    private void pass(
            FilterChain chain,
            RoutingRequest request,
            RoutingResponse response,
            Exchange exchange) {
        try {
            guard.check(request, response, exchange);
        } catch (ApiException refused) {
            ErrorResponses.send(request, response, refused);
        }
        if (!response.isSent()) chain.proceed();
    }

    private static void headers(RoutingResponse response, Exchange exchange) {
        response.header("x-request-id", exchange.id());
        long millis = (System.nanoTime() - exchange.startNanos()) / 1_000_000;
        response.header("openai-processing-ms", Long.toString(millis));
        boolean shared = response.headers().contains(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN);
        String type = response.headers().first(HeaderNames.CONTENT_TYPE).orElse("");
        PageHeaders.set(response, type.startsWith("text/html"), shared);
    }

    private void ended(
            RoutingRequest request, RoutingResponse response, Exchange exchange, boolean complete) {
        long nanos = System.nanoTime() - exchange.startNanos();
        String path = request.prologue().uriPath().path();
        String endpoint = Endpoints.of(path, isPage.test(path));
        String method = request.prologue().method().text();
        int status = complete ? response.status().code() : CLIENT_GONE;
        metrics.ended(
                exchange, endpoint, METHODS.contains(method) ? method : "other", status, nanos);
        guard.charge(exchange);
        if (status < 400 && Endpoints.isProbe(endpoint)) return;
        log.write(line(exchange, method, path, status, nanos));
    }

    private static JsonObject line(
            Exchange exchange, String method, String path, int status, long nanos) {
        var line =
                new JsonObject()
                        .put("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                        .put("id", exchange.id())
                        .put("client", exchange.client());
        if (!exchange.scope().isEmpty()) line.put("key", exchange.scope());
        line.put("method", method)
                .put("path", path.length() > LONGEST_PATH ? path.substring(0, LONGEST_PATH) : path)
                .put("status", status)
                .put("ms", millis(nanos));
        if (exchange.model() == null) return line;
        line.put("model", exchange.model()).put("stream", exchange.stream());
        if (exchange.firstTokenDelay() >= 0)
            line.put("first_token_ms", millis(exchange.firstTokenDelay()));
        return line.put("prompt_tokens", exchange.promptTokens())
                .put("cached_tokens", exchange.cachedTokens())
                .put("completion_tokens", exchange.completionTokens())
                .put("finish", exchange.finish());
    }

    /// To a tenth.
    private static double millis(long nanos) {
        return Math.rint(nanos / 1e5) / 10;
    }

    @Override
    public void close() {
        metrics.close();
    }
}

package chuan.server.guard;

import chuan.server.ApiException;
import chuan.server.Exchange;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Looks at a request before anything else does: is the server called by a name of its own, does
/// the request come from a page that may send it, does it bring a key, has its user requests left.
/// Also answers the question that browsers ask before a request to another origin (CORS preflight).
public final class Guard {
    private static final HeaderName API_KEY = HeaderNames.create("x-api-key");
    private static final HeaderName REQUESTED_METHOD =
            HeaderNames.create("Access-Control-Request-Method");
    private static final HeaderName REQUESTED_HEADERS =
            HeaderNames.create("Access-Control-Request-Headers");
    private static final HeaderName REQUESTED_NETWORK =
            HeaderNames.create("Access-Control-Request-Private-Network");
    private static final Pattern HEADER_LIST = Pattern.compile("[A-Za-z0-9_, -]{1,2000}");
    private static final String BEARER = "bearer ";
    private static final String EXPOSED =
            "x-request-id, openai-processing-ms, retry-after, retry-after-ms, x-chuan-warning";

    /// What everybody may see besides the page: nothing of a model, nothing of what others ask.
    private static final Set<String> OPEN = Set.of("/", "/health", "/ready", "/openapi.yaml");

    private static final String METRICS = "/metrics";

    private final ApiKeys keys;
    private final OriginRules rules;
    private final RateLimits limits;
    private final boolean openMetrics;
    private final Predicate<String> isPage;

    /// @param isPage whether a path is that of a file of the page, which everybody may have
    public Guard(AccessOptions options, Predicate<String> isPage) {
        this.isPage = isPage;
        keys = options.keys();
        rules = new OriginRules(options.corsOrigins(), options.allowedHosts(), keys.required());
        limits = new RateLimits(options.requestsPerMinute(), options.tokensPerMinute());
        openMetrics = options.openMetrics();
    }

    /// Lets a request pass, or answers it, which [ServerResponse#isSent] tells.
    ///
    /// @throws ApiException 401, 403 or 429
    public void check(ServerRequest request, ServerResponse response, Exchange exchange) {
        String host = request.headers().first(HeaderNames.HOST).orElse("");
        if (!rules.allowsHost(host)) throw wrongHost(host);
        String origin = request.headers().first(HeaderNames.ORIGIN).orElse(null);
        if (!rules.allowsOrigin(origin, host)) throw wrongOrigin(origin);
        if (origin != null && rules.allowsOther(origin)) {
            allow(response, origin);
            if (isPreflight(request)) {
                preflight(request, response);
                return;
            }
        }
        String path = request.path().path();
        if (isOpen(request.prologue().method(), path)) return;
        if (keys.required()) exchange.setScope(owner(request));
        if (limits.any() && !path.equals(METRICS)) limit(user(exchange), response);
    }

    /// Whatever is not known to be open is not.
    private boolean isOpen(Method method, String path) {
        if (!method.equals(Method.GET) && !method.equals(Method.HEAD)) return false;
        return OPEN.contains(path) || (openMetrics && path.equals(METRICS)) || isPage.test(path);
    }

    /// After a request: takes what it has cost.
    public void charge(Exchange exchange) {
        long tokens = (long) exchange.promptTokens() + exchange.completionTokens();
        if (tokens > 0 && limits.any()) limits.charge(user(exchange), tokens);
    }

    private static String user(Exchange exchange) {
        return exchange.scope().isEmpty() ? "@" + exchange.client() : exchange.scope();
    }

    private static ApiException wrongHost(String host) {
        return new ApiException(
                403,
                "invalid_request_error",
                null,
                "host_not_allowed",
                "This server is not called '"
                        + host
                        + "'; whoever runs it can add the name with --allow-host");
    }

    private static ApiException wrongOrigin(@Nullable String origin) {
        return new ApiException(
                403,
                "invalid_request_error",
                null,
                "origin_not_allowed",
                "Pages of "
                        + origin
                        + " may not use this server; whoever runs it can add them with"
                        + " --cors-origin");
    }

    private static void allow(ServerResponse response, String origin) {
        response.header("Access-Control-Allow-Origin", origin);
        response.header("Access-Control-Expose-Headers", EXPOSED);
        response.headers().add(HeaderNames.VARY, "Origin");
    }

    private static boolean isPreflight(ServerRequest request) {
        return request.prologue().method().equals(Method.OPTIONS)
                && request.headers().contains(REQUESTED_METHOD);
    }

    private static void preflight(ServerRequest request, ServerResponse response) {
        response.header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
        request.headers()
                .first(REQUESTED_HEADERS)
                .filter(list -> HEADER_LIST.matcher(list).matches())
                .ifPresent(list -> response.header("Access-Control-Allow-Headers", list));
        if (request.headers().contains(REQUESTED_NETWORK))
            response.header("Access-Control-Allow-Private-Network", "true");
        response.header("Access-Control-Max-Age", "600");
        response.status(204).send();
    }

    private String owner(ServerRequest request) {
        String key = presented(request);
        String owner = key.isEmpty() ? null : keys.owner(key);
        if (owner != null) return owner;
        throw new ApiException(
                        401,
                        "invalid_request_error",
                        null,
                        "invalid_api_key",
                        key.isEmpty()
                                ? "This server needs an API key: Authorization: Bearer KEY"
                                : "The API key is not one of this server's")
                .withHeader("WWW-Authenticate", "Bearer");
    }

    private static String presented(ServerRequest request) {
        String authorization = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
        if (authorization.toLowerCase(Locale.ROOT).startsWith(BEARER))
            return authorization.substring(BEARER.length()).strip();
        return request.headers().first(API_KEY).orElse("").strip();
    }

    private void limit(String user, ServerResponse response) {
        var balance = limits.take(user);
        if (balance.requestLimit() > 0) {
            response.header("x-ratelimit-limit-requests", Integer.toString(balance.requestLimit()));
            response.header(
                    "x-ratelimit-remaining-requests", Integer.toString(balance.requestsLeft()));
        }
        if (balance.tokenLimit() > 0) {
            response.header("x-ratelimit-limit-tokens", Integer.toString(balance.tokenLimit()));
            response.header("x-ratelimit-remaining-tokens", Integer.toString(balance.tokensLeft()));
        }
        if (balance.exhausted() != null)
            throw ApiException.tooMany(
                    "Too many " + balance.exhausted() + " in the last minute",
                    balance.retryAfter());
    }
}

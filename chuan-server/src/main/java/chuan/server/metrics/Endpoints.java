package chuan.server.metrics;

import java.util.Set;

/// Names of endpoints for metrics and logs: few, whatever paths clients send.
final class Endpoints {
    private static final Set<String> KNOWN =
            Set.of(
                    "/v1/chat/completions",
                    "/v1/completions",
                    "/v1/embeddings",
                    "/v1/models",
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
                    "/openapi.yaml");

    /// Also served without /v1.
    private static final Set<String> SHORT =
            Set.of("/chat/completions", "/completions", "/embeddings", "/models");

    private Endpoints() {}

    static String of(String path, boolean page) {
        if (page || path.equals("/")) return "page";
        String plain =
                path.length() > 1 && path.endsWith("/")
                        ? path.substring(0, path.length() - 1)
                        : path;
        if (SHORT.contains(plain)) plain = "/v1" + plain;
        if (plain.startsWith("/v1/models/") || plain.startsWith("/models/"))
            return "/v1/models/{id}";
        return KNOWN.contains(plain) ? plain : "other";
    }

    /// Asked every few seconds by machines, and not worth a line if all is well.
    static boolean isProbe(String endpoint) {
        return endpoint.equals("/health")
                || endpoint.equals("/ready")
                || endpoint.equals("/metrics");
    }
}

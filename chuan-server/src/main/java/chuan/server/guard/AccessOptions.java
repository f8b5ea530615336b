package chuan.server.guard;

import java.util.List;

/// Who may use a server, and how much. A value: the `with` methods give changed copies.
///
/// @param keys that requests must present
/// @param corsOrigins origins of other web pages that may use the server, `*` = any
/// @param allowedHosts names by which it may be called, `*` = any
/// @param requestsPerMinute of each key, or of each address where no keys are asked for; 0 = no
///   limit
/// @param tokensPerMinute of prompts and answers, likewise
/// @param openMetrics `/metrics` needs no key
public record AccessOptions(
        ApiKeys keys,
        List<String> corsOrigins,
        List<String> allowedHosts,
        int requestsPerMinute,
        int tokensPerMinute,
        boolean openMetrics) {

    public AccessOptions {
        corsOrigins = List.copyOf(corsOrigins);
        allowedHosts = List.copyOf(allowedHosts);
    }

    /// No keys, no other pages, no limits.
    public static AccessOptions defaults() {
        return new AccessOptions(ApiKeys.NONE, List.of(), List.of(), 0, 0, false);
    }

    public AccessOptions withKeys(ApiKeys value) {
        return new AccessOptions(
                value, corsOrigins, allowedHosts, requestsPerMinute, tokensPerMinute, openMetrics);
    }

    public AccessOptions withCorsOrigins(List<String> value) {
        return new AccessOptions(
                keys, value, allowedHosts, requestsPerMinute, tokensPerMinute, openMetrics);
    }

    public AccessOptions withAllowedHosts(List<String> value) {
        return new AccessOptions(
                keys, corsOrigins, value, requestsPerMinute, tokensPerMinute, openMetrics);
    }

    public AccessOptions withLimits(int requests, int tokens) {
        return new AccessOptions(keys, corsOrigins, allowedHosts, requests, tokens, openMetrics);
    }

    public AccessOptions withOpenMetrics(boolean value) {
        return new AccessOptions(
                keys, corsOrigins, allowedHosts, requestsPerMinute, tokensPerMinute, value);
    }
}

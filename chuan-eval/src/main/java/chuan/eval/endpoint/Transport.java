package chuan.eval.endpoint;

import chuan.eval.ExaminationException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/// Brings JSON to an endpoint and back. What may pass is tried again: no connection, a broken one,
/// no answer in time, too many requests, an error of the server, an answer that is no JSON.
/// Redirects are not followed: they would take the key elsewhere. The proxy of the JDK's settings
/// is used, if there is one.
///
/// Thread-safe.
final class Transport implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int LONGEST_ANSWER = 16 << 20;
    private static final int LONGEST_MESSAGE = 300;

    /// An answer that another attempt would not change.
    ///
    /// @param body an empty node if a refusal has none
    record Answer(URI from, int status, JsonNode body) {
        boolean ok() {
            return status / 100 == 2;
        }

        /// What the endpoint says is wrong, on one line.
        String message() {
            var error = body.path("error");
            String outside = body.path("message").asString(body.path("detail").asString(""));
            String said =
                    error.isString() ? error.asString() : error.path("message").asString(outside);
            String line = said.replaceAll("\\s+", " ").strip();
            if (line.length() > LONGEST_MESSAGE) line = line.substring(0, LONGEST_MESSAGE) + " …";
            return "HTTP " + status + (line.isEmpty() ? "" : ": " + line);
        }

        /// `code`, `type` and `param` of an error, to be looked for in.
        String codes() {
            var error = body.path("error");
            return error.path("code").asString("")
                    + " "
                    + error.path("type").asString("")
                    + " "
                    + error.path("param").asString("");
        }
    }

    /// Something that may pass.
    private static final class PassingException extends Exception {
        private static final long serialVersionUID = 1;
        private final String reason;
        private final transient @Nullable Duration comeBackIn;

        PassingException(String reason, @Nullable Duration comeBackIn) {
            super(reason);
            this.reason = reason;
            this.comeBackIn = comeBackIn;
        }
    }

    private final EndpointOptions options;
    private final Pauses pauses;
    private final LongAdder requests = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(Duration.ofSeconds(20))
                    .build();

    Transport(EndpointOptions options) {
        this.options = options;
        pauses = new Pauses(options.pause());
    }

    long requests() {
        return requests.sum();
    }

    /// Requests that were made once more than was asked for.
    long repeated() {
        return repeated.sum();
    }

    /// @param path behind the base, beginning with a slash
    Answer post(String path, JsonNode body) throws GaveUpException, InterruptedException {
        return post(at(path), body);
    }

    Answer post(URI uri, JsonNode body) throws GaveUpException, InterruptedException {
        var bytes = JSON.writeValueAsBytes(body);
        return send(
                request(uri)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(bytes))
                        .build());
    }

    Answer get(String path) throws GaveUpException, InterruptedException {
        return send(request(at(path)).GET().build());
    }

    URI at(String path) {
        return URI.create(options.base() + path);
    }

    private HttpRequest.Builder request(URI uri) {
        var builder =
                HttpRequest.newBuilder(uri)
                        .header("Accept", "application/json")
                        .header("User-Agent", "chuan");
        options.key().ifPresent(key -> builder.header("Authorization", key.header()));
        return builder;
    }

    private Answer send(HttpRequest request) throws GaveUpException, InterruptedException {
        for (int failures = 0; ; ) {
            pauses.await();
            requests.increment();
            if (failures > 0) repeated.increment();
            try {
                return attempt(request);
            } catch (PassingException e) {
                if (e.comeBackIn != null) pauses.close(e.comeBackIn);
                if (++failures >= options.attempts())
                    throw new GaveUpException(hidden(e.reason) + ", in " + failures + " attempts");
                Thread.sleep(pauses.after(failures));
            }
        }
    }

    private Answer attempt(HttpRequest request) throws PassingException, InterruptedException {
        var response = receive(request);
        int status = response.statusCode();
        byte[] bytes = response.body();
        var answer = new Answer(request.uri(), status, body(status, bytes));
        if (status / 100 == 3)
            throw new ExaminationException(
                    "%s redirects to %s: give that address to --endpoint"
                            .formatted(
                                    request.uri(),
                                    response.headers().firstValue("Location").orElse("nowhere")));
        boolean spent = answer.codes().contains("insufficient_quota");
        if (status == 408 || status == 425 || (status == 429 && !spent) || status >= 500)
            throw new PassingException(
                    answer.message(), Pauses.askedFor(response.headers()).orElse(null));
        return answer;
    }

    private HttpResponse<byte[]> receive(HttpRequest request)
            throws PassingException, InterruptedException {
        var handler = BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_ANSWER);
        var response = client.sendAsync(request, handler);
        try {
            // the time-out of a request would end with the headers
            return response.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            var cause = Objects.requireNonNull(e.getCause());
            if (!(cause instanceof IOException)) throw new IllegalStateException(cause);
            String why = Objects.requireNonNullElse(cause.getMessage(), "connection broken");
            throw new PassingException(
                    cause instanceof ConnectException ? "no connection" : why, null);
        } catch (TimeoutException _) {
            response.cancel(true);
            throw new PassingException(
                    "no answer within %.1f s".formatted(options.timeout().toMillis() / 1e3), null);
        } catch (InterruptedException e) {
            response.cancel(true);
            throw e;
        }
    }

    /// JSON, whatever its type is said to be.
    private static JsonNode body(int status, byte[] bytes) throws PassingException {
        try {
            var node = JSON.readTree(bytes);
            if (node.isObject() || status / 100 != 2) return node;
        } catch (JacksonException _) {
            if (status / 100 != 2) return MissingNode.getInstance();
        }
        String text = new String(bytes, 0, Math.min(bytes.length, 60), StandardCharsets.UTF_8);
        String begin = text.replaceAll("\\s+", " ").strip();
        throw new PassingException("an answer that is no JSON object: \"" + begin + "\"", null);
    }

    /// @param what of the endpoint refused
    ExaminationException refused(Answer answer) {
        String what = answer.from() + ": " + hidden(answer.message());
        return new ExaminationException(
                switch (answer.status()) {
                    case 401, 403 ->
                            options.key().isPresent()
                                    ? what + "; check the API key"
                                    : what
                                            + "; name the variable that holds the API key with"
                                            + " --api-key-env";
                    case 404 -> what + "; check --endpoint and --endpoint-model";
                    default -> what;
                });
    }

    String hidden(String text) {
        return options.key().map(key -> key.hiddenIn(text)).orElse(text);
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}

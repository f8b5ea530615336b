package chuan.server;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What is known of one request and its answer beyond the bytes: for the access log, the metrics
/// and the headers. Filled by filters and routes on the request's thread, read when the answer is
/// out.
public final class Exchange {
    private static final HeaderName REQUEST_ID = HeaderNames.create("x-request-id");
    private static final Pattern PLAIN_ID = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    private final String id;
    private final long startNanos = System.nanoTime();
    private final String client;
    private String scope = "";
    private @Nullable String model;
    private boolean stream;
    private int promptTokens;
    private int cachedTokens;
    private int completionTokens;
    private long firstTokenNanos;
    private @Nullable String finish;

    private Exchange(String id, String client) {
        this.id = id;
        this.client = client;
    }

    /// That of a request; made by the first who asks. A proxy that has given the request an id
    /// finds it in the answer and in the log.
    public static Exchange of(ServerRequest request) {
        return request.context()
                .get(Exchange.class)
                .orElseGet(() -> {
                    var made =
                            new Exchange(
                                    request.headers()
                                            .first(REQUEST_ID)
                                            .filter(id -> PLAIN_ID.matcher(id).matches())
                                            .orElseGet(() -> "req_" + UUID.randomUUID()),
                                    request.remotePeer().host());
                    request.context().register(made);
                    return made;
                });
    }

    /// Goes into `x-request-id`.
    public String id() {
        return id;
    }

    /// Address of who asks.
    public String client() {
        return client;
    }

    public long startNanos() {
        return startNanos;
    }

    /// Whose cached prefixes and fair share the request uses: set by who checks API keys.
    public String scope() {
        return scope;
    }

    public void setScope(String value) {
        scope = value;
    }

    /// A model is about to answer.
    public void asked(String name, boolean streamed) {
        model = name;
        stream = streamed;
    }

    /// The first text is there.
    public void firstToken() {
        if (firstTokenNanos == 0) firstTokenNanos = System.nanoTime();
    }

    /// One of its answers is complete: `n` add up, but the prompt counts once.
    public void answered(int prompt, int cached, int completion, String reason) {
        promptTokens = prompt;
        cachedTokens = Math.max(cachedTokens, cached);
        completionTokens += completion;
        finish = reason;
    }

    public @Nullable String model() {
        return model;
    }

    public boolean stream() {
        return stream;
    }

    public int promptTokens() {
        return promptTokens;
    }

    public int cachedTokens() {
        return cachedTokens;
    }

    public int completionTokens() {
        return completionTokens;
    }

    /// Nanoseconds until the first text, -1 if there was none.
    public long firstTokenDelay() {
        return firstTokenNanos == 0 ? -1 : firstTokenNanos - startNanos;
    }

    public @Nullable String finish() {
        return finish;
    }
}

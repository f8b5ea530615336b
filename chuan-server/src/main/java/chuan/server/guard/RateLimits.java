package chuan.server.guard;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// How many requests and tokens each user may have in a minute. Two buckets for each, filled
/// continuously up to a minute's worth. A request costs one at once; tokens are paid for when they
/// are known, which may leave a debt that has to be filled up before the next request. Any thread.
public final class RateLimits {
    /// Users whose buckets are remembered; the least recently seen is forgotten first.
    private static final int MOST_USERS = 10_000;

    private static final double MINUTE_NANOS = 60e9;

    private final int requestsPerMinute;
    private final int tokensPerMinute;
    private final LongSupplier clock;

    private final Map<String, User> users =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, User> eldest) {
                    return size() > MOST_USERS;
                }
            };

    private static final class User {
        double requests;
        double tokens;
        long nanos;
    }

    /// What a user has left. For a limit that is off, `limit` is 0.
    ///
    /// @param retryAfter until a request would be taken; zero = this one was
    public record Balance(
            int requestLimit,
            int requestsLeft,
            int tokenLimit,
            int tokensLeft,
            Duration retryAfter,
            @Nullable String exhausted) {}

    /// @param requestsPerMinute 0 = no limit
    /// @param tokensPerMinute of prompts and answers, 0 = no limit
    public RateLimits(int requestsPerMinute, int tokensPerMinute) {
        this(requestsPerMinute, tokensPerMinute, System::nanoTime);
    }

    RateLimits(int requestsPerMinute, int tokensPerMinute, LongSupplier nanoClock) {
        this.requestsPerMinute = requestsPerMinute;
        this.tokensPerMinute = tokensPerMinute;
        clock = nanoClock;
    }

    /// Whether there is any limit.
    public boolean any() {
        return requestsPerMinute > 0 || tokensPerMinute > 0;
    }

    /// Takes one request of `user`, if it has one left.
    public synchronized Balance take(String user) {
        var bucket = filled(user);
        double requestWait = requestsPerMinute > 0 ? missing(1 - bucket.requests) : 0;
        double tokenWait =
                tokensPerMinute > 0
                        ? Math.max(0, 1 - bucket.tokens) / tokensPerMinute * MINUTE_NANOS
                        : 0;
        double wait = Math.max(requestWait, tokenWait);
        if (wait == 0) bucket.requests--;
        return new Balance(
                requestsPerMinute,
                (int) Math.max(0, bucket.requests),
                tokensPerMinute,
                (int) Math.max(0, bucket.tokens),
                Duration.ofNanos((long) Math.ceil(wait)),
                wait == 0 ? null : requestWait >= tokenWait ? "requests" : "tokens");
    }

    private double missing(double requests) {
        return Math.max(0, requests) / requestsPerMinute * MINUTE_NANOS;
    }

    /// Takes tokens that a request of `user` has used.
    public synchronized void charge(String user, long tokens) {
        if (tokensPerMinute > 0) filled(user).tokens -= tokens;
    }

    private User filled(String name) {
        long now = clock.getAsLong();
        var user = users.get(name);
        if (user == null) {
            user = new User();
            user.requests = requestsPerMinute;
            user.tokens = tokensPerMinute;
            users.put(name, user);
        } else {
            double minutes = (now - user.nanos) / MINUTE_NANOS;
            user.requests =
                    Math.min(requestsPerMinute, user.requests + minutes * requestsPerMinute);
            user.tokens = Math.min(tokensPerMinute, user.tokens + minutes * tokensPerMinute);
        }
        user.nanos = now;
        return user;
    }
}

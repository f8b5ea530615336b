package chuan.engine;

import java.time.Duration;

/// Too much is waiting already; nothing was started.
public final class OverloadedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    OverloadedException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    /// When it is worth trying again: what waits divided by how fast it goes, in whole seconds.
    public Duration retryAfter() {
        return retryAfter;
    }
}

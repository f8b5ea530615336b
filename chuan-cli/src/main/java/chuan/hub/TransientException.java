package chuan.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/// What may go right next time: a dropped connection, a busy server.
final class TransientException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Duration> after;

    TransientException(String message) {
        this(message, Optional.empty());
    }

    /// @param after how long the server asks to wait
    TransientException(String message, Optional<Duration> after) {
        super(message);
        this.after = after;
    }

    Optional<Duration> after() {
        return after;
    }
}

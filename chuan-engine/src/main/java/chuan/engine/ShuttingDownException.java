package chuan.engine;

/// Nothing is accepted any more.
public final class ShuttingDownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShuttingDownException() {
        super("shutting down: no new requests are accepted");
    }
}

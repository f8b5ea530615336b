package chuan.load;

/// There is nothing to compute with. The message names the artifact that brings it.
public final class MissingBackendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MissingBackendException(String message) {
        super(message);
    }
}

package chuan.torch;

/// There is no libtorch for this platform, or it was not brought along. One line.
public final class TorchUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TorchUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

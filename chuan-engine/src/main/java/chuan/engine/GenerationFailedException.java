package chuan.engine;

/// A generation that broke off. The message says why, in one line.
public final class GenerationFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GenerationFailedException(String message) {
        super(message);
    }
}

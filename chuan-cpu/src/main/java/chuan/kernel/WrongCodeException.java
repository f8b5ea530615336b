package chuan.kernel;

/// Machine code that does not do what it should here; it is not called again. The message is one
/// line for people.
final class WrongCodeException extends Exception {
    private static final long serialVersionUID = 1;

    WrongCodeException(String message) {
        super(message);
    }
}

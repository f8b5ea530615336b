package chuan.eval.report;

/// Two runs that did not answer the same questions. The message is one line.
public final class IncomparableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    IncomparableException(String message) {
        super(message);
    }
}

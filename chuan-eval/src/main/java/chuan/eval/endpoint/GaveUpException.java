package chuan.eval.endpoint;

/// The last attempt for a question has failed, for a reason that may pass.
final class GaveUpException extends Exception {
    private static final long serialVersionUID = 1;
    private final String reason;

    GaveUpException(String reason) {
        super(reason);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}

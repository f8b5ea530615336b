package chuan.eval;

/// An examination that cannot be held as it was asked for; the message says what to change.
public final class ExaminationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ExaminationException(String message) {
        super(message);
    }
}

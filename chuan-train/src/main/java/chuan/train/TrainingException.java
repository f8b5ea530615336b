package chuan.train;

/// Something the user can put right: a configuration, a data file, a checkpoint that does not fit.
/// The message is one line that says what and where.
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public TrainingException(String message) {
        super(message);
    }

    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}

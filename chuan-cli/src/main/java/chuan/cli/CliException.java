package chuan.cli;

/// What the user can put right: shown as one line, exit code 2.
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CliException(String message) {
        super(message);
    }
}

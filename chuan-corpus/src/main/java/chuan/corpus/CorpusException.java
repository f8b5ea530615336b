package chuan.corpus;

/// Something the user can put right: a configuration, a manifest or a data file. The message is one
/// line that names the file, the place in it and what to do.
public final class CorpusException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CorpusException(String message) {
        super(message);
    }

    public CorpusException(String message, Throwable cause) {
        super(message, cause);
    }
}

package chuan.eval.measure;

/// A file or setting that nothing can be measured with. The message is one line.
public final class MeasureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MeasureException(String message) {
        super(message);
    }
}

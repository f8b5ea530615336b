package chuan.model;

/// More tokens than the context or its cache can hold.
public final class ContextTooLongException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ContextTooLongException(long tokens, int limit) {
        super("the text needs " + tokens + " tokens of context, but only " + limit + " fit");
    }
}

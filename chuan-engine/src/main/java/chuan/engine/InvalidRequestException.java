package chuan.engine;

/// A value that the caller can correct. The message begins with the field's name; a server returns
/// the name by itself, too.
public class InvalidRequestException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String field;

    public InvalidRequestException(String field, String problem) {
        super(field + ": " + problem);
        this.field = field;
    }

    /// Name as in an API request: `temperature`, `messages[2].role`.
    public String field() {
        return field;
    }
}

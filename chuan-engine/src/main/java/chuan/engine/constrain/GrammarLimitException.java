package chuan.engine.constrain;

/// A grammar, or a text in it, needs more steps or memory than we give one request.
final class GrammarLimitException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    GrammarLimitException(String problem) {
        super("the grammar is too complex: " + problem);
    }
}

package chuan.eval.task;

/// Something is wrong with a task file, with a set, or with what was asked of them. The message is
/// for whoever can mend it: which file, where in it, what, and what to do.
public final class TaskException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TaskException(String message) {
        super(message);
    }
}

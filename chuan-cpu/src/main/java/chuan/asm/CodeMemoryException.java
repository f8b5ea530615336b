package chuan.asm;

/// No machine code can run here; the message says why, in one line. Whoever meets it computes in
/// Java.
public final class CodeMemoryException extends Exception {
    private static final long serialVersionUID = 1;

    CodeMemoryException(String message) {
        super(message);
    }
}

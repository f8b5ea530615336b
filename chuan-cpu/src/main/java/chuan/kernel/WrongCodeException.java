package chuan.kernel;

import chuan.asm.CodeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Machine code that does not do what it should here; it is not called again. The message is one
/// line for people.
final class WrongCodeException extends Exception {
    private static final long serialVersionUID = 1;

    WrongCodeException(String message) {
        super(message);
    }

    /// Nothing may have changed on the way into memory: a wrong byte could do anything.
    ///
    /// @param name of the code, for people
    static void ifChanged(CodeMemory memory, byte[] written, String name)
            throws WrongCodeException {
        var there =
                MemorySegment.ofAddress(memory.address())
                        .reinterpret(written.length)
                        .toArray(ValueLayout.JAVA_BYTE);
        int at = Arrays.mismatch(written, there);
        if (at >= 0)
            throw new WrongCodeException(
                    "byte %d of the machine code for %s is %02x in memory instead of %02x"
                            .formatted(at, name, there[at], written[at]));
    }
}

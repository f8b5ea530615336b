package chuan.kernel;

import chuan.asm.CodeMemory;
import chuan.asm.CodeMemoryException;
import chuan.asm.Generator;
import chuan.asm.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A function that is written, and checked against its definition, when it is first called for: of
/// all sizes and formats a process uses a few. Lives as long as the process. Safe for any threads.
final class CheckedFunction {
    /// Whether a function computes what it should.
    interface Check {
        /// @param entry where it begins, for a downcall
        boolean isRight(MemorySegment entry);
    }

    private final Generator generator;
    private final CodeFamily family;
    private final Check check;

    /// Whoever sees it null without the lock asks again with it; segments are immutable.
    private @Nullable MemorySegment entry;

    CheckedFunction(Generator generator, CodeFamily family, Check check) {
        this.generator = generator;
        this.family = family;
        this.check = check;
    }

    /// Whether it may be called: writes and checks it the first time.
    boolean works() {
        return !family.isBroken() && (entry != null || load());
    }

    /// Where it begins, for a downcall, if it [#works].
    MemorySegment entry() {
        return Objects.requireNonNull(entry);
    }

    private synchronized boolean load() {
        if (entry != null) return true;
        try {
            var code = code();
            byte[] bytes = code.bytes();
            var memory = CodeMemory.of(BreakProperty.applied(code.name(), bytes.clone()));
            WrongCodeException.ifChanged(memory, bytes, code.name());
            var there = MemorySegment.ofAddress(memory.address());
            if (!check.isRight(there))
                throw new WrongCodeException("%s fails its self-test".formatted(code.name()));
            entry = there;
            return true;
        } catch (CodeMemoryException | WrongCodeException e) {
            family.giveUp(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /// The function itself, to be looked at.
    MachineCode code() {
        return generator.code();
    }
}

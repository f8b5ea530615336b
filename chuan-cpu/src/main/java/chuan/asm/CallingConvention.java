package chuan.asm;

import java.util.List;

/// Where a C function finds its whole-number arguments, and what it must leave as it was.
public enum CallingConvention {
    /// Linux, macOS and all others (System V ABI, AMD64 supplement, section 3.2).
    SYSTEM_V(List.of(Gp.RDI, Gp.RSI, Gp.RDX, Gp.RCX, Gp.R8, Gp.R9), 0),
    /// Windows: four arguments in registers, 32 bytes of the caller's for them, xmm6 to xmm15 and
    /// rdi, rsi kept.
    WINDOWS(List.of(Gp.RCX, Gp.RDX, Gp.R8, Gp.R9), 32);

    final List<Gp> arguments;

    /// Bytes between the return address and the first argument in memory.
    final int reserved;

    CallingConvention(List<Gp> arguments, int reserved) {
        this.arguments = arguments;
        this.reserved = reserved;
    }

    /// The one of this process.
    public static CallingConvention here() {
        return System.getProperty("os.name").startsWith("Windows") ? WINDOWS : SYSTEM_V;
    }
}

package chuan.asm;

/// Writes one function, for calls from Java; position-independent, and the same every time.
public interface Generator {
    MachineCode code();
}

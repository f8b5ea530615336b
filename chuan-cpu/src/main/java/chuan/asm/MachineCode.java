package chuan.asm;

/// A finished function, position-independent.
///
/// @param name for reports and file names: letters, digits, `-`
/// @param bytes from its entry on; not to be written to
public record MachineCode(String name, byte[] bytes) {
    public MachineCode {
        if (!name.matches("[A-Za-z0-9-]+")) throw new IllegalArgumentException("name " + name);
    }
}

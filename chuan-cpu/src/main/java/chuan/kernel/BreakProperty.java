package chuan.kernel;

/// [KernelSelector#BREAK_PROPERTY]: changes a byte of machine code on its way into memory, to see
/// that it is noticed. `[WHAT:]N`, separated by commas: the byte with number `N` of every function
/// whose name contains `WHAT` (`avx512-vnni` for all of an instruction set, `rows-`, `tile-`,
/// `element-`, `512`), or of all of them.
final class BreakProperty {
    private BreakProperty() {}

    /// `code`, changed if the property says so.
    ///
    /// @param name of the function, or of the instruction set
    static byte[] applied(String name, byte[] code) {
        String property = System.getProperty(KernelSelector.BREAK_PROPERTY);
        if (property == null) return code;
        for (String part : property.split(",", -1)) {
            int colon = part.indexOf(':');
            if (colon >= 0 && !name.contains(part.substring(0, colon))) continue;
            try {
                int at = Integer.parseInt(part.substring(colon + 1));
                code[Math.floorMod(at, code.length)] ^= 1;
            } catch (NumberFormatException _) {
                throw new IllegalArgumentException(
                        "-D%s=%s: [WHAT:]N belongs there"
                                .formatted(KernelSelector.BREAK_PROPERTY, property));
            }
        }
        return code;
    }
}

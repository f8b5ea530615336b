package chuan.kernel;

/// Chooses the kernels once and says why in a sentence.
///
/// @param kernels the choice
/// @param reason one sentence for people
public record KernelSelector(Kernels kernels, String reason) {
    /// Forces a choice: `scalar` or `vector`.
    public static final String PROPERTY = "chuan.kernels";

    private static final String MODULE = "jdk.incubator.vector";
    private static final int SMALLEST_BITS = 128;

    /// The choice for this process: as `-Dchuan.kernels` says, else the fastest that runs.
    ///
    /// @throws IllegalArgumentException if a forced choice is unknown or cannot run here
    public static KernelSelector select() {
        String forced = System.getProperty(PROPERTY);
        return forced == null ? fastest() : forced(forced);
    }

    /// The kernels of this name.
    ///
    /// @throws IllegalArgumentException if there are none, or they cannot run here
    public static KernelSelector forced(String name) {
        return switch (name) {
            case "scalar" ->
                    new KernelSelector(new ScalarKernels(), "scalar kernels, as asked for");
            case "vector" -> {
                if (!vectorModule())
                    throw new IllegalArgumentException(
                            "vector kernels need java to be started with --add-modules " + MODULE);
                yield new KernelSelector(
                        new VectorKernels(),
                        "vector kernels of " + VectorKernels.bits() + " bits, as asked for");
            }
            default ->
                    throw new IllegalArgumentException(
                            "unknown kernels '" + name + "': choose scalar or vector");
        };
    }

    private static KernelSelector fastest() {
        if (!vectorModule()) return scalar("java was started without --add-modules " + MODULE);
        if (!optimizes()) return scalar("java runs without its optimizing compiler");
        int bits = VectorKernels.bits();
        if (bits < SMALLEST_BITS) return scalar("java offers no vector registers here");
        return new KernelSelector(
                new VectorKernels(),
                "vector kernels of " + bits + " bits because java offers this width");
    }

    private static KernelSelector scalar(String why) {
        return new KernelSelector(
                new ScalarKernels(), "scalar kernels, slower than vectors, because " + why);
    }

    private static boolean vectorModule() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }

    /// Without its second compiler (`-Xint`, `-XX:TieredStopAtLevel=1`) the JVM makes an object of
    /// every vector.
    private static boolean optimizes() {
        String mode = System.getProperty("java.vm.info", "");
        return !mode.contains("interpreted") && !mode.contains("emulated-client");
    }
}

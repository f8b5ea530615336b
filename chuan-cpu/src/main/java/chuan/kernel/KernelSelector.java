package chuan.kernel;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Chooses the kernels once and says why in a sentence.
///
/// @param kernels the choice
/// @param reason one sentence for people
/// @param degraded whether faster ones should run here and do not: worth a line to people
public record KernelSelector(Kernels kernels, String reason, boolean degraded) {
    /// Forces a choice: `scalar`, `vector`, `emitted` for the best machine code that runs here, or
    /// an instruction set: `avx2`, `avx-vnni`, `avx512-vnni`, `amx`.
    public static final String PROPERTY = "chuan.kernels";

    /// Changes bytes of machine code on their way into memory, to see that it is noticed: `N` for
    /// the byte with this number of all functions, `avx512:N` for those whose name contains this;
    /// several with commas between them.
    public static final String BREAK_PROPERTY = "chuan.kernels.break";

    private static final String MODULE = "jdk.incubator.vector";
    private static final int SMALLEST_BITS = 128;

    /// What has been made in this process.
    private static final Map<InstructionSet, EmittedPanels> MADE =
            new EnumMap<>(InstructionSet.class);

    KernelSelector(Kernels kernels, String reason) {
        this(kernels, reason, false);
    }

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
            default -> forcedEmitted(name);
        };
    }

    private static KernelSelector forcedEmitted(String name) {
        InstructionSet wanted = null;
        for (var set : InstructionSet.values()) if (set.id().equals(name)) wanted = set;
        if (wanted == null && !name.equals("emitted"))
            throw new IllegalArgumentException(
                    "unknown kernels '"
                            + name
                            + "': choose scalar, vector, emitted, avx2, avx-vnni, avx512-vnni or"
                            + " amx");
        try {
            var features = CpuFeatures.detect();
            var sets = wanted == null ? runningOn(features) : List.of(wanted);
            if (sets.isEmpty() || !sets.getFirst().runsOn(features))
                throw new IllegalArgumentException(
                        "this processor has no "
                                + (wanted == null ? "AVX2" : wanted.title())
                                + ": choose vector or scalar kernels");
            return emitted(sets, portable(), "as asked for");
        } catch (CodeMemoryException | WrongCodeException e) {
            throw new IllegalArgumentException("no kernels of machine code: " + e.getMessage(), e);
        }
    }

    private static KernelSelector fastest() {
        var portable = portable();
        try {
            var sets = runningOn(CpuFeatures.detect());
            if (sets.isEmpty())
                return new KernelSelector(
                        portable.kernels(),
                        portable.reason() + ", and the processor has no AVX2",
                        portable.degraded());
            return emitted(sets, portable, "the best that this processor has");
        } catch (CodeMemoryException | WrongCodeException e) {
            return new KernelSelector(
                    portable.kernels(), portable.reason() + "; " + e.getMessage(), true);
        }
    }

    /// The best first.
    private static List<InstructionSet> runningOn(CpuFeatures features) {
        return Arrays.stream(InstructionSet.values())
                .filter(set -> set.runsOn(features))
                .toList()
                .reversed();
    }

    /// Machine code for the first of these instruction sets with which it turns out right.
    private static KernelSelector emitted(
            List<InstructionSet> sets, KernelSelector portable, String because)
            throws CodeMemoryException, WrongCodeException {
        WrongCodeException wrong = null;
        for (var set : sets)
            try {
                var kernels = new EmittedKernels(set, made(set), portable.kernels());
                return new KernelSelector(
                        kernels,
                        "machine code for %s, %s; otherwise %s"
                                .formatted(
                                        set.title(),
                                        wrong == null ? because : "since " + wrong.getMessage(),
                                        portable.reason()),
                        portable.degraded() || wrong != null);
            } catch (WrongCodeException e) {
                if (wrong == null) wrong = e;
            }
        throw wrong == null ? new WrongCodeException("nothing runs here") : more(wrong, sets);
    }

    private static WrongCodeException more(WrongCodeException first, List<InstructionSet> sets) {
        if (sets.size() == 1) return first;
        var others = sets.subList(1, sets.size()).stream().map(InstructionSet::title).toList();
        return new WrongCodeException(
                first.getMessage() + ", nor is it right for " + String.join(", ", others));
    }

    /// Who hears of it, in one line, when machine code that is written later, when it is first
    /// called for, turns out wrong and other kernels take over; else the log of the JDK.
    public static void onFallback(Consumer<String> listener) {
        CodeFamily.listener(listener);
    }

    private static synchronized EmittedPanels made(InstructionSet set)
            throws CodeMemoryException, WrongCodeException {
        EmittedPanels panels = MADE.get(set);
        if (panels == null) {
            panels =
                    EmittedPanels.of(
                            set,
                            UnaryOperator.identity(),
                            code -> BreakProperty.applied(set.id(), code));
            MADE.put(set, panels);
        }
        return panels;
    }

    /// The fastest without machine code.
    private static KernelSelector portable() {
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

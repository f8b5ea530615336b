package chuan.kernel;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/// The kernels that can run here, as `-Dchuan.kernels` names them.
public final class Tiers {
    private Tiers() {}

    public static List<String> here() {
        var tiers = new ArrayList<>(List.of("scalar", "vector"));
        for (var set : InstructionSet.values()) if (runs(set)) tiers.add(set.id());
        return tiers;
    }

    /// These kernels; skips the test where they cannot run.
    public static KernelSelector orSkip(String name) {
        Assumptions.assumeTrue(
                name.equals("emitted") ? here().size() > 2 : here().contains(name),
                "this processor does not run machine code for " + name);
        return KernelSelector.forced(name);
    }

    private static boolean runs(InstructionSet set) {
        try {
            return set.runsOn(CpuFeatures.detect());
        } catch (CodeMemoryException _) {
            return false;
        }
    }
}

package chuan.measure;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.files.DType;
import chuan.kernel.LimitLoop;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which loop of registers says what the multipliers allow: the one with the instructions that the
/// chosen kernels are made of.
public final class LimitChoice {
    private static final List<LimitLoop> FLOATS = List.of(LimitLoop.FLOAT_512, LimitLoop.FLOAT_256);

    /// The best first.
    private static final List<LimitLoop> BYTES =
            List.of(LimitLoop.TILES, LimitLoop.VNNI_512, LimitLoop.VNNI_256);

    private LimitChoice() {}

    /// @param kernels name of the chosen ones: `scalar`, `vector`, or that of an instruction set
    /// @param matrices how the weights of the blocks are stored
    /// @param int8Activations whether those meet bytes
    /// @return null where no machine code can run
    public static @Nullable LimitLoop of(String kernels, DType matrices, boolean int8Activations) {
        try {
            var features = CpuFeatures.detect();
            for (var loop : candidates(kernels, matrices, int8Activations))
                if (loop.runsOn(features)) return loop;
        } catch (CodeMemoryException _) {
            // nothing can be measured
        }
        return null;
    }

    static List<LimitLoop> candidates(String kernels, DType matrices, boolean int8Activations) {
        boolean fourBits = matrices == DType.PANEL4 || matrices == DType.Q4_0;
        boolean eightBits = matrices == DType.PANEL8 || matrices == DType.Q8_0;
        if (!int8Activations || (!fourBits && !eightBits))
            return kernels.startsWith("avx") && !kernels.startsWith("avx512")
                    ? List.of(LimitLoop.FLOAT_256)
                    : FLOATS;
        var avx2 = fourBits ? LimitLoop.SHORT_256 : LimitLoop.INT_256;
        return switch (kernels) {
            case "avx2" -> List.of(avx2);
            case "avx-vnni" -> List.of(LimitLoop.VNNI_256);
            case "avx512-vnni" -> List.of(LimitLoop.VNNI_512);
            case "amx" -> List.of(LimitLoop.TILES);
            case "emitted" -> {
                var all = new java.util.ArrayList<>(BYTES);
                all.add(avx2);
                yield all;
            }
            default -> FLOATS;
        };
    }
}

package chuan.kernel;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;

/// What training computes with on this machine, chosen once.
///
/// @param reason one sentence for people
public record TrainingKernels(Gemm gemm, GradientKernels gradients, String reason) {
    /// The fastest that run here, unless `-Dchuan.kernels` says `scalar` or `vector`.
    public static TrainingKernels select() {
        var portable = KernelSelector.forced(vectors() ? "vector" : "scalar");
        String forced = System.getProperty(KernelSelector.PROPERTY, "");
        if (!vectors() || forced.equals("scalar"))
            return new TrainingKernels(new ScalarGemm(), new ScalarGradients(), portable.reason());
        int bits = forced.equals("vector") ? 0 : bits(forced.equals("avx2"));
        if (bits == 0)
            return new TrainingKernels(new VectorGemm(), new VectorGradients(), portable.reason());
        var gemm = new EmittedGemm(bits, new VectorGemm());
        return new TrainingKernels(
                gemm,
                new VectorGradients(),
                "products by machine code of %d bits, all else by vectors".formatted(bits));
    }

    private static boolean vectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /// 0 where no machine code runs.
    private static int bits(boolean narrow) {
        try {
            var features = CpuFeatures.detect();
            if (!InstructionSet.AVX2.runsOn(features)) return 0;
            return !narrow && InstructionSet.AVX512_VNNI.runsOn(features) ? 512 : 256;
        } catch (CodeMemoryException _) {
            return 0;
        }
    }
}

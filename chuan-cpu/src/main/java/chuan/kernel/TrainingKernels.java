package chuan.kernel;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;

/// What training computes with on this machine, chosen once.
///
/// @param gemm products in fp32
/// @param bf16 products of operands rounded to bf16
/// @param gradients everything else
/// @param reason one sentence for people
public record TrainingKernels(Gemm gemm, Bf16Gemm bf16, GradientKernels gradients, String reason) {
    /// The fastest that run here, unless `-Dchuan.kernels` says otherwise: `scalar`, `vector`, or
    /// an instruction set.
    public static TrainingKernels select() {
        var portable = KernelSelector.forced(vectors() ? "vector" : "scalar");
        String forced = System.getProperty(KernelSelector.PROPERTY, "");
        if (!vectors() || forced.equals("scalar"))
            return new TrainingKernels(
                    new ScalarGemm(),
                    new ScalarBf16Gemm(),
                    new ScalarGradients(),
                    portable.reason());
        int bits = forced.equals("vector") ? 0 : bits(forced);
        if (bits == 0)
            return new TrainingKernels(
                    new VectorGemm(),
                    new VectorBf16Gemm(),
                    new VectorGradients(),
                    portable.reason());
        Bf16Gemm bf16 = new VectorBf16Gemm();
        if (tiles(forced)) bf16 = TileGemm.orElse(bf16);
        return new TrainingKernels(
                new EmittedGemm(bits, new VectorGemm()),
                bf16,
                new VectorGradients(),
                "products by machine code of %d bits%s, all else by vectors"
                        .formatted(bits, bf16 instanceof TileGemm ? " and tiles of AMX" : ""));
    }

    /// Whether products of bf16 are faster here than those of fp32.
    public boolean hasFastBf16() {
        return bf16 instanceof TileGemm;
    }

    /// Products of matrices in the precision `fp32`, `bf16` or `auto`: the faster one.
    ///
    /// @throws IllegalArgumentException if it is none of these
    public BlockProduct products(String precision) {
        return switch (precision) {
            case "fp32" -> gemm;
            case "bf16" -> bf16;
            case "auto" -> hasFastBf16() ? bf16 : gemm;
            default -> throw new IllegalArgumentException("unknown precision " + precision);
        };
    }

    private static boolean vectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /// 0 where no machine code runs.
    private static int bits(String forced) {
        try {
            var features = CpuFeatures.detect();
            if (!InstructionSet.AVX2.runsOn(features)) return 0;
            boolean narrow = forced.equals("avx2") || forced.equals("avx-vnni");
            return !narrow && InstructionSet.AVX512_VNNI.runsOn(features) ? 512 : 256;
        } catch (CodeMemoryException _) {
            return 0;
        }
    }

    private static boolean tiles(String forced) {
        try {
            var features = CpuFeatures.detect();
            boolean wanted = forced.isEmpty() || forced.equals("emitted") || forced.equals("amx");
            return wanted && features.amxBf16() && features.avx512Bf16();
        } catch (CodeMemoryException _) {
            return false;
        }
    }
}

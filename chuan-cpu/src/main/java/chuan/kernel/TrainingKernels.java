package chuan.kernel;

import chuan.asm.CodeMemoryException;
import chuan.asm.CpuFeatures;
import chuan.kernel.Bf16Gemm.Order;
import java.util.Optional;

/// What training computes with on this machine, chosen once.
///
/// @param gemm products in fp32
/// @param bf16 products of operands rounded to bf16
/// @param fastBf16 whether they are faster here than those in fp32
/// @param gradients everything else
/// @param reason one sentence for people
public record TrainingKernels(
        Gemm gemm, Bf16Gemm bf16, boolean fastBf16, GradientKernels gradients, String reason) {
    /// The fastest that run here, unless `-Dchuan.kernels` says otherwise: `scalar`, `vector`, or
    /// an instruction set.
    public static TrainingKernels select() {
        var portable = KernelSelector.forced(vectors() ? "vector" : "scalar");
        String forced = System.getProperty(KernelSelector.PROPERTY, "");
        if (!vectors() || forced.equals("scalar"))
            return new TrainingKernels(
                    new ScalarGemm(),
                    new ScalarBf16Gemm(Order.BLOCKS),
                    false,
                    new ScalarGradients(),
                    portable.reason());
        var features = forced.equals("vector") ? Optional.<CpuFeatures>empty() : features();
        int bits = features.map(those -> bits(forced, those)).orElse(0);
        if (bits == 0)
            return new TrainingKernels(
                    new VectorGemm(),
                    new VectorBf16Gemm(Order.BLOCKS),
                    false,
                    new VectorGradients(),
                    portable.reason());
        return emitted(forced, bits, features.orElseThrow());
    }

    private static TrainingKernels emitted(String forced, int bits, CpuFeatures features) {
        Bf16Gemm bf16 = new VectorBf16Gemm(Order.BLOCKS);
        boolean tiles = features.amxBf16() && !forced.equals(InstructionSet.AVX512_VNNI.id());
        if (bits == 512 && features.avx512Bf16())
            bf16 = EmittedBf16Gemm.orElse(tiles ? Order.BLOCKS : Order.PAIRS, bf16);
        boolean works = bf16 instanceof EmittedBf16Gemm;
        return new TrainingKernels(
                new EmittedGemm(bits, new VectorGemm()),
                bf16,
                works && (tiles || features.amd()),
                new VectorGradients(),
                "products by machine code of %d bits%s, all else by vectors"
                        .formatted(bits, works ? " and " + bf16.name() : ""));
    }

    /// Products of matrices in the precision `fp32`, `bf16` or `auto`: the faster one.
    ///
    /// @throws IllegalArgumentException if it is none of these
    public BlockProduct products(String precision) {
        return switch (precision) {
            case "fp32" -> gemm;
            case "bf16" -> bf16;
            case "auto" -> fastBf16 ? bf16 : gemm;
            default -> throw new IllegalArgumentException("unknown precision " + precision);
        };
    }

    private static boolean vectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    /// Empty where no machine code runs.
    private static Optional<CpuFeatures> features() {
        try {
            return Optional.of(CpuFeatures.detect());
        } catch (CodeMemoryException _) {
            return Optional.empty();
        }
    }

    /// Of a register; 0 for none.
    private static int bits(String forced, CpuFeatures features) {
        if (!InstructionSet.AVX2.runsOn(features)) return 0;
        boolean narrow = forced.equals("avx2") || forced.equals("avx-vnni");
        return !narrow && InstructionSet.AVX512_VNNI.runsOn(features) ? 512 : 256;
    }
}

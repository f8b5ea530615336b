package chuan.cpu;

import chuan.kernel.KernelSelector;

/// How a model runs on the CPU.
///
/// @param threads that compute, the caller included
/// @param kernels which arithmetic, and why
/// @param weights number format of the matrices in memory
public record CpuOptions(int threads, KernelSelector kernels, WeightType weights) {
    public CpuOptions {
        if (threads < 1)
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }

    /// All processors, the fastest kernels, weights as stored.
    public static CpuOptions defaults() {
        return new CpuOptions(
                Runtime.getRuntime().availableProcessors(),
                KernelSelector.select(),
                WeightType.AS_STORED);
    }
}

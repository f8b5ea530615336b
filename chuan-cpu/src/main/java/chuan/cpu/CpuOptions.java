package chuan.cpu;

import chuan.kernel.KernelSelector;
import chuan.model.KvType;

/// How a model runs on the CPU.
///
/// @param threads that compute, the caller included
/// @param kernels which arithmetic, and why
/// @param weights number format of the matrices in memory
/// @param kv number format of keys and values in memory
/// @param activations number format in which activations meet weights in panels
/// @param placement where weights as stored live
/// @param window whether attention may leave out what cannot matter
public record CpuOptions(
        int threads,
        KernelSelector kernels,
        WeightType weights,
        KvType kv,
        ActivationType activations,
        Placement placement,
        Window window) {
    public CpuOptions {
        if (threads < 1)
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }

    /// With attention that leaves out what cannot matter.
    public CpuOptions(
            int threads,
            KernelSelector kernels,
            WeightType weights,
            KvType kv,
            ActivationType activations,
            Placement placement) {
        this(threads, kernels, weights, kv, activations, placement, Window.AUTO);
    }

    /// With weights where they serve best.
    public CpuOptions(
            int threads,
            KernelSelector kernels,
            WeightType weights,
            KvType kv,
            ActivationType activations) {
        this(threads, kernels, weights, kv, activations, Placement.ARRANGED);
    }

    /// With exact activations.
    public CpuOptions(int threads, KernelSelector kernels, WeightType weights, KvType kv) {
        this(threads, kernels, weights, kv, ActivationType.F32);
    }

    /// With exact activations, keys and values.
    public CpuOptions(int threads, KernelSelector kernels, WeightType weights) {
        this(threads, kernels, weights, KvType.F32);
    }

    /// All processors, the fastest kernels and activations, weights as stored, exact keys and
    /// values.
    public static CpuOptions defaults() {
        return new CpuOptions(
                Runtime.getRuntime().availableProcessors(),
                KernelSelector.select(),
                WeightType.AS_STORED,
                KvType.F32,
                ActivationType.INT8);
    }

    public CpuOptions withWindow(Window other) {
        return new CpuOptions(threads, kernels, weights, kv, activations, placement, other);
    }
}

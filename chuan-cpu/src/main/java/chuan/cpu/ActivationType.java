package chuan.cpu;

/// The number format in which activations meet weights in panels. All other weights meet fp32.
public enum ActivationType {
    /// As they are: for comparison with other implementations.
    F32,
    /// Bytes with one scale per 32 of them, made for each matrix product: what a processor
    /// multiplies fastest ([chuan.kernel.QuantizedRows]).
    INT8
}

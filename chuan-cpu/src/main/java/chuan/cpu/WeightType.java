package chuan.cpu;

/// The number format that matrices have in memory. Norm gains are fp32 always, sums are fp32
/// always.
public enum WeightType {
    /// As the file has them; fp32, bf16 and fp16 stay mapped, nothing is copied.
    AS_STORED,
    F32,
    /// Rounded to nearest, ties to even.
    BF16,
    /// Bytes with one scale per row, made at load, for the matrices of the blocks; embedding and
    /// output matrix stay as stored. What the official `quantize(8)` does.
    INT8
}

package chuan.cli;

/// What `--kernels` accepts.
enum KernelChoice {
    /// The fastest that this machine has.
    AUTO,
    /// Plain loops over all tokens, fp64 sums: the specification.
    REFERENCE,
    /// The engine's scalar kernels.
    SCALAR,
    /// The engine's kernels on the Vector API.
    VECTOR,
    /// Machine code, for the best instruction set that this processor has.
    EMITTED,
    AVX2,
    AVX_VNNI,
    AVX512_VNNI,
    AMX
}

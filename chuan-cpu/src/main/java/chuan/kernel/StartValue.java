package chuan.kernel;

/// Where the sum over a block begins, for weights that the machine code takes for unsigned ones: it
/// undoes their offset, and costs no instruction. `q` are the codes of a block's activations.
enum StartValue {
    ZERO,
    /// `-8 * sum q`: 4-bit weights are 0..15 and stand for -8..7.
    MINUS_8,
    /// The same in two 16-bit halves: of the columns 0 and 1 of each four, and of the other two.
    MINUS_8_IN_PAIRS,
    /// `-128 * sum q`: bytes with their highest bit inverted are 128 more.
    MINUS_128
}

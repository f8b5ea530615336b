/// The seven verbs of a decoder with their derivatives, on the CPU's own kernels: what trains a
/// model without any other library.
///
/// [CpuTrainOps] lets a [chuan.model.Decoder] say once what is computed for a shape of batch, and
/// keeps it as a [Tape] of [Node]s with all memory laid out. A step then plays the tape forwards
/// and backwards; it allocates little. One verb per file, value and derivative together.
///
/// All numbers are fp32; products may round their operands to bf16. Each is defined by a fixed
/// order of operations ([chuan.kernel.Gemm], [chuan.kernel.GradientKernels]): the same bits for any
/// number of threads, on any machine.
@NullMarked
package chuan.autograd;

import org.jspecify.annotations.NullMarked;

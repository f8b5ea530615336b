package chuan.kernel;

/// Products of fp32 matrices whose elements are rounded to bf16 (to the nearest, ties to even;
/// subnormal numbers to zero), with sums in fp32.
///
/// The result is defined bit for bit, for each [Order]: chains of `s = fma(a[k], b[k], s)`, depth
/// filled up with zeros to a multiple of [#DEPTH]. All of this rounds to nearest, and what is
/// subnormal counts as zero, before and after each operation.
public sealed interface Bf16Gemm extends BlockProduct
        permits ScalarBf16Gemm, VectorBf16Gemm, EmittedBf16Gemm {
    /// Elements of depth that are packed together.
    int DEPTH = 32;

    /// In which order an element's products are added: that of an instruction that processors have.
    enum Order {
        /// `TDPBF16PS`, the tiles of AMX. Of each [#DEPTH] elements of depth, the products with
        /// even and those with odd numbers are two chains from 0, ascending; the sum of the two is
        /// added to the element, which begins at 0 or at what was there.
        ///
        /// Rows take 256 KB and columns 1 MB of a second-level cache of 2 MB.
        BLOCKS(new Blocking(512, DEPTH, 256, 32, 1024, 1 << 20)),
        /// `VDPBF16PS`, AVX512-BF16. One chain, ascending by pairs, in each of them the odd element
        /// first; begun at 0 or at what was there.
        ///
        /// Rows take 128 KB and columns 512 KB of a second-level cache of 1 MB.
        PAIRS(new Blocking(512, DEPTH, 128, 32, 512, 1 << 19));

        private final Blocking blocking;

        Order(Blocking blocking) {
            this.blocking = blocking;
        }
    }

    Order order();

    @Override
    default Blocking blocking() {
        return order().blocking;
    }

    /// Up to a whole number of packed blocks.
    static int padded(int depth) {
        return Math.ceilDiv(depth, DEPTH) * DEPTH;
    }
}

package chuan.kernel;

/// Products of fp32 matrices whose elements are rounded to bf16 (to the nearest, ties to even;
/// subnormal numbers to zero), with sums in fp32.
///
/// The result is defined bit for bit, as the tiles of AMX compute it. Of each 32 elements of depth,
/// zeros behind the last, the products with even and those with odd numbers are two chains `s =
/// fma(a[k], b[k], s)` from 0 over ascending `k`; the sum of the two is added to the element, which
/// begins at 0 or at what was there. All of this rounds to nearest, and what is subnormal counts as
/// zero, before and after each operation.
public sealed interface Bf16Gemm extends BlockProduct
        permits ScalarBf16Gemm, VectorBf16Gemm, TileGemm {
    /// Elements of depth that have sums of their own.
    int DEPTH = 32;

    /// With two bytes an element, rows take 256 KB and columns 1 MB of the second-level cache, and
    /// a panel 32 KB of the first.
    Blocking BLOCKING = new Blocking(512, DEPTH, 256, 32, 1024, 1 << 20);

    @Override
    default Blocking blocking() {
        return BLOCKING;
    }

    /// Up to a whole number of sums.
    static int padded(int depth) {
        return Math.ceilDiv(depth, DEPTH) * DEPTH;
    }
}

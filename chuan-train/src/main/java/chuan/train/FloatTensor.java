package chuan.train;

/// A tensor of fp32 values that belongs to a back end: what files are written from and read into.
interface FloatTensor {
    long[] shape();

    /// Copies values `[from, from + count)`, row after row, to the beginning of `out`.
    void read(long from, float[] out, int count);

    /// Copies the first `count` of `values` to places `[at, at + count)`.
    void write(long at, float[] values, int count);

    default long count() {
        long count = 1;
        for (long n : shape()) count = Math.multiplyExact(count, n);
        return count;
    }
}

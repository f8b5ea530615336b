package chuan.autograd;

import chuan.kernel.Gemm;

/// Where in the scratch of a thread attention keeps what, and how operands are packed there: keys
/// and values across, a panel `[dim][32]` for every 32 positions, to be met by rows of `dim`; and
/// along, panels `[positions][32]`, to be summed over positions.
///
/// @param tokens of a row of the batch
/// @param dim of a head
/// @param turns whether queries and keys are turned copies
record AttendScratch(int tokens, int dim, boolean turns) {
    /// Queries or keys that are left out together behind the diagonal: twice what the kernels of
    /// [Gemm] take at a time, since a call costs as much as some thousand multiply-adds.
    static final int STRIP = 24;

    /// Queries at a time: what they add to keys and values is read and written once for them all.
    static final int BLOCK = 2 * STRIP;

    /// Up to a whole panel.
    int padded(int positions) {
        return Math.ceilDiv(positions, Gemm.WIDTH) * Gemm.WIDTH;
    }

    /// Bytes between rows of scores.
    long row() {
        return (long) padded(tokens) * Float.BYTES;
    }

    /// Bytes between rows of a head by itself.
    long dimRow() {
        return (long) padded(dim) * Float.BYTES;
    }

    long scores() {
        return 0;
    }

    long dScores() {
        return BLOCK * row();
    }

    long keysAcross() {
        return dScores() + BLOCK * row();
    }

    private long acrossBytes() {
        return padded(tokens) / Gemm.WIDTH * Gemm.panelBytes(dim);
    }

    long valuesAcross() {
        return keysAcross() + acrossBytes();
    }

    long keysAlong() {
        return valuesAcross() + acrossBytes();
    }

    private long alongBytes(int positions) {
        return padded(dim) / Gemm.WIDTH * Gemm.panelBytes(positions);
    }

    /// In the place of the keys: forwards only these are needed.
    long valuesAlong() {
        return keysAlong();
    }

    /// A block of queries or of gradients of the output, along.
    long block() {
        return keysAlong() + alongBytes(tokens);
    }

    /// Gradients of the output of a block, divided by the sums of weights.
    long dOut() {
        return block() + alongBytes(BLOCK);
    }

    long queries() {
        return dOut() + BLOCK * dimRow();
    }

    long keys() {
        return queries() + (turns ? BLOCK * dimRow() : 0);
    }

    long dKeys() {
        return keys() + (turns ? tokens * dimRow() : 0);
    }

    long bytes() {
        return dKeys() + (turns ? tokens * dimRow() : 0);
    }

    /// All positions of `[tokens, dim]`.
    void packAcross(Gemm gemm, long from, long row, long to) {
        for (int t = 0; t < tokens; t += Gemm.WIDTH)
            gemm.packTransposed(
                    from + t * row,
                    row,
                    dim,
                    Math.min(Gemm.WIDTH, tokens - t),
                    to + t / Gemm.WIDTH * Gemm.panelBytes(dim));
    }

    /// The first `count` rows.
    void packAlong(Gemm gemm, long from, long row, int count, long to) {
        for (int j = 0; j < dim; j += Gemm.WIDTH)
            gemm.pack(
                    from + (long) j * Float.BYTES,
                    row,
                    count,
                    Math.min(Gemm.WIDTH, dim - j),
                    to + j / Gemm.WIDTH * Gemm.panelBytes(count));
    }
}

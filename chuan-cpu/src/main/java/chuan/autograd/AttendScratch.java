package chuan.autograd;

import chuan.kernel.BlockProduct;
import chuan.model.ModelConfig;

/// Where in the scratch of a thread attention keeps what, and how operands are packed there: keys
/// and values across, a panel of the head's depth for every 32 positions, to be met by rows of it;
/// and along, panels of 32 elements as deep as there are positions, to be summed over these.
///
/// @param tokens of a row of the batch
/// @param dim of a head
/// @param turns whether queries and keys are turned copies
record AttendScratch(BlockProduct products, int tokens, int dim, boolean turns) {
    static AttendScratch of(BlockProduct products, ModelConfig config, int tokens) {
        int dim = config.headDim();
        boolean turns = config.position().frequencies(dim).length > 0;
        return new AttendScratch(products, tokens, dim, turns);
    }

    /// Queries or keys that are left out together behind the diagonal: twice what products take at
    /// a time, since a call costs as much as some thousand multiply-adds.
    int strip() {
        return 2 * products.blocking().rowUnit();
    }

    /// Queries at a time: what they add to keys and values is read and written once for them all.
    int block() {
        return 2 * strip();
    }

    /// Keys at a time that queries add to.
    int mostKeys() {
        return Math.min(products.blocking().rows(), tokens);
    }

    /// Up to a whole panel.
    static int padded(int positions) {
        return Math.ceilDiv(positions, BlockProduct.WIDTH) * BlockProduct.WIDTH;
    }

    /// Bytes between rows of scores: not a power of two, or those of a block would share a few
    /// places of the first-level cache.
    long row() {
        return (long) padded(tokens) * Float.BYTES + Buffer.ALIGNMENT;
    }

    /// Bytes between rows of a head by itself.
    long dimRow() {
        return (long) padded(dim) * Float.BYTES;
    }

    long scores() {
        return 0;
    }

    long dScores() {
        return block() * row();
    }

    long keysAcross() {
        return dScores() + block() * row();
    }

    private long acrossBytes() {
        return padded(tokens) / BlockProduct.WIDTH * products.packedBytes(dim);
    }

    long valuesAcross() {
        return keysAcross() + acrossBytes();
    }

    long keysAlong() {
        return valuesAcross() + acrossBytes();
    }

    private long alongBytes(int positions) {
        return padded(dim) / BlockProduct.WIDTH * products.packedBytes(positions);
    }

    /// In the place of the keys: forwards only these are needed.
    long valuesAlong() {
        return keysAlong();
    }

    /// A block of queries or of gradients of the output, along.
    long packedBlock() {
        return keysAlong() + alongBytes(tokens);
    }

    /// Gradients of the output of a block, divided by the sums of weights.
    long dOut() {
        return packedBlock() + alongBytes(block());
    }

    long queries() {
        return dOut() + block() * dimRow();
    }

    long keys() {
        return queries() + (turns ? block() * dimRow() : 0);
    }

    long dKeys() {
        return keys() + (turns ? tokens * dimRow() : 0);
    }

    /// What products need.
    long own() {
        return dKeys() + (turns ? tokens * dimRow() : 0);
    }

    long bytes() {
        long across = products.ownBytes(block(), padded(tokens), dim);
        long weighted = products.ownBytes(strip(), dim, tokens);
        long toKeys = products.ownBytes(Math.max(mostKeys(), strip()), dim, block());
        long packing = products.ownBytes(1, padded(Math.max(tokens, dim)), 1);
        return own() + Math.max(Math.max(across, weighted), Math.max(toKeys, packing));
    }

    /// All positions of `[tokens, dim]`.
    void packAcross(long from, long row, long to, long own) {
        products.packColumns(from, Float.BYTES, row, dim, tokens, to, own);
    }

    /// The first `count` rows.
    void packAlong(long from, long row, int count, long to, long own) {
        products.packColumns(from, row, Float.BYTES, count, dim, to, own);
    }
}

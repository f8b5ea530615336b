package chuan.cpu;

import chuan.kernel.Kernels;
import chuan.model.KvCache;
import chuan.model.ModelConfig;

/// Keys and values of one sequence in fp32, all memory taken at once. One thread at a time.
///
/// Per layer and key head, keys lie in blocks of 16 positions, `[block][dim][16]`, so that a query
/// meets sixteen of them side by side; values lie as `[position][dim]`.
final class CpuKvCache implements KvCache {
    private final int capacity;

    /// Capacity rounded up to whole blocks.
    private final int positions;

    private final int dim;
    private final float[][] keys;
    private final float[][] values;
    private int length;

    CpuKvCache(ModelConfig config, int capacity) {
        if (capacity <= 0)
            throw new IllegalArgumentException(
                    "a cache needs room for at least one token, not " + capacity);
        this.capacity = capacity;
        positions = Math.multiplyExact(Math.ceilDiv(capacity, Kernels.LANES), Kernels.LANES);
        dim = config.headDim();
        int floats = Math.multiplyExact(positions, config.kvWidth());
        keys = new float[config.layers()][floats];
        values = new float[config.layers()][floats];
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length)
            throw new IllegalArgumentException(
                    "cannot cut " + length + " tokens down to " + newLength);
        length = newLength;
    }

    /// Counts `tokens` more, whose keys and values have been written.
    void extend(int tokens) {
        length += tokens;
    }

    float[] keys(int layer) {
        return keys[layer];
    }

    float[] values(int layer) {
        return values[layer];
    }

    /// Where the keys, and the values, of key head `head` begin.
    int headAt(int head) {
        return head * positions * dim;
    }

    /// Where element 0 of the key at `position` lies, counted from its head; element `i` is `16 i`
    /// further.
    int keyAt(int position) {
        return position / Kernels.LANES * Kernels.LANES * dim + position % Kernels.LANES;
    }

    int valueAt(int position) {
        return position * dim;
    }

    /// Scores need this many places for a row.
    int paddedPositions() {
        return positions;
    }

    /// Nothing to release: the memory is the collector's.
    @Override
    public void close() {
        length = 0;
    }
}

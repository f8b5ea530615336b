package chuan.engine;

import java.util.Arrays;

/// The tokens that may be drawn, best first, without sorting the vocabulary: a heap from which they
/// are taken one by one until the draw falls. Where nothing is ruled out, the heap holds the likely
/// ones only, until those are used up. Allocates nothing after its construction; samplers that take
/// turns can share one. One thread at a time.
final class Candidates {
    /// Distance of a logit from the best within which a token is likely.
    private static final float LIKELY = 8;

    /// Ids whose largest logit is known: most blocks hold none that matters.
    private static final int BLOCK = 256;

    /// Quotients that are equal come from numbers no further apart than this, relatively.
    private static final float EQUAL = 0x1p-20f;

    /// A heap of ids in `[0, heapSize)`, behind it those taken out of it, the last ones first.
    private final int[] ids;

    /// Per id, exp(logit - largest logit).
    private final double[] weight;

    /// The best k, the smallest on top.
    private final float[] best;

    /// The largest logit of each block.
    private final float[] blocks;

    private float[] logits = new float[0];
    private int count;
    private int heapSize;
    private double total;

    /// Tokens below this are not in the heap yet; minus infinity if all are.
    private float rest;

    Candidates(int vocab) {
        ids = new int[vocab];
        weight = new double[vocab];
        best = new float[vocab];
        blocks = new float[Math.ceilDiv(vocab, BLOCK)];
    }

    /// Looks at logits that are to be chosen from next.
    ///
    /// @return the largest, NaN if one is
    float look(float[] values) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = largest(values, b * BLOCK, Math.min(values.length, (b + 1) * BLOCK));
            largest = Math.max(largest, blocks[b]);
        }
        return largest;
    }

    /// The lowest id with this logit, or with NaN if it is that; in the logits at which [#look]
    /// looked, among which it must be.
    int find(float[] values, float value) {
        boolean nan = Float.isNaN(value);
        int b = 0;
        while (nan ? !Float.isNaN(blocks[b]) : !(blocks[b] >= value)) b++;
        int id = b * BLOCK;
        while (nan ? !Float.isNaN(values[id]) : values[id] != value) id++;
        return id;
    }

    /// Begins with all tokens, or with the best `topK` and those that tie with the last of them
    /// once all are divided by the temperature.
    ///
    /// @param values `[vocab]`, at which [#look] looked, none of them NaN; spent: divided as far as
    ///   that matters, and read until the next selection
    /// @param topK 0 = all
    void select(float[] values, int topK, float temperature) {
        logits = values;
        count = 0;
        rest = Float.NEGATIVE_INFINITY;
        if (topK > 0 && topK < logits.length) {
            selectBest(topK, temperature);
        } else {
            if (temperature != 1)
                for (int id = 0; id < logits.length; id++) logits[id] /= temperature;
            selectAll();
        }
        heapSize = count;
        for (int i = heapSize / 2 - 1; i >= 0; i--) siftDown(i);
    }

    /// Division keeps the order, but may make equals: a few below the k-th are looked at as well.
    private void selectBest(int topK, float temperature) {
        float kth = kthLargest(topK);
        float threshold = kth / temperature;
        float least =
                Float.isFinite(threshold)
                        ? kth - Math.max(Math.abs(kth) * EQUAL, Float.MIN_NORMAL)
                        : Float.NEGATIVE_INFINITY;
        for (int b = 0; b < blocks.length; b++) {
            if (blocks[b] < least) continue;
            int end = Math.min(logits.length, (b + 1) * BLOCK);
            for (int id = b * BLOCK; id < end; id++) {
                if (logits[id] < least) continue;
                logits[id] /= temperature;
                if (logits[id] >= threshold) ids[count++] = id;
            }
        }
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) largest = Math.max(largest, logits[ids[i]]);
        total = 0;
        for (int i = 0; i < count; i++) {
            double w = Exponential.of((double) logits[ids[i]] - largest);
            weight[ids[i]] = w;
            total += w;
        }
    }

    private void selectAll() {
        float largest = largest(logits);
        for (int id = 0; id < logits.length; id++)
            weight[id] = Exponential.of((double) logits[id] - largest);
        total = sum(weight);
        rest = largest - LIKELY;
        for (int id = 0; id < logits.length; id++) if (logits[id] >= rest) ids[count++] = id;
    }

    /// The largest value, NaN if one is.
    static float largest(float[] values) {
        return largest(values, 0, values.length);
    }

    private static float largest(float[] values, int from, int to) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) largest = Math.max(largest, values[i]);
        return largest;
    }

    /// In four sums, which do not wait for one another.
    private static double sum(double[] values) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int whole = values.length & ~3;
        for (int i = 0; i < whole; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (int i = whole; i < values.length; i++) a += values[i];
        return (a + b) + (c + d);
    }

    private float kthLargest(int k) {
        System.arraycopy(logits, 0, best, 0, k);
        for (int i = k / 2 - 1; i >= 0; i--) siftValueDown(i, k);
        float least = best[0];
        for (int b = k / BLOCK; b < blocks.length; b++) {
            if (blocks[b] <= least) continue;
            int end = Math.min(logits.length, (b + 1) * BLOCK);
            for (int id = Math.max(k, b * BLOCK); id < end; id++) {
                if (logits[id] <= least) continue;
                best[0] = logits[id];
                siftValueDown(0, k);
                least = best[0];
            }
        }
        return least;
    }

    private void siftValueDown(int start, int size) {
        int at = start;
        float value = best[at];
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && best[child + 1] < best[child]) child++;
            if (value <= best[child]) break;
            best[at] = best[child];
            at = child;
        }
        best[at] = value;
    }

    /// Of all of them.
    double total() {
        return total;
    }

    double weight(int id) {
        return weight[id];
    }

    /// Whether some have not been taken.
    boolean hasNext() {
        if (heapSize == 0 && rest != Float.NEGATIVE_INFINITY) addRest();
        return heapSize > 0;
    }

    /// Makes a heap of those that were not likely, below all that were taken.
    private void addRest() {
        int more = logits.length - count;
        System.arraycopy(ids, 0, ids, more, count);
        int at = 0;
        for (int id = 0; id < logits.length; id++) if (!(logits[id] >= rest)) ids[at++] = id;
        count = logits.length;
        heapSize = more;
        rest = Float.NEGATIVE_INFINITY;
        for (int i = heapSize / 2 - 1; i >= 0; i--) siftDown(i);
    }

    /// The best that has not been taken, which must exist.
    int next() {
        return ids[0];
    }

    /// Takes it.
    int take() {
        int top = ids[0];
        heapSize--;
        ids[0] = ids[heapSize];
        ids[heapSize] = top;
        siftDown(0);
        return top;
    }

    int taken() {
        return count - heapSize;
    }

    /// Those that were taken, in this order.
    int taken(int index) {
        return ids[count - 1 - index];
    }

    int[] allTaken() {
        return Arrays.copyOfRange(ids, heapSize, count);
    }

    private void siftDown(int start) {
        if (start >= heapSize) return;
        int at = start;
        int id = ids[at];
        for (int child = 2 * at + 1; child < heapSize; child = 2 * at + 1) {
            if (child + 1 < heapSize && before(ids[child + 1], ids[child])) child++;
            if (!before(ids[child], id)) break;
            ids[at] = ids[child];
            at = child;
        }
        ids[at] = id;
    }

    private boolean before(int a, int b) {
        return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
    }
}

package chuan.engine;

import java.util.Arrays;

/// The tokens that may be drawn, best first, without sorting the vocabulary: a heap from which they
/// are taken one by one until the draw falls. Where nothing is ruled out, the heap holds the likely
/// ones only, until those are used up. Allocates nothing after its construction; samplers that take
/// turns can share one. One thread at a time.
final class Candidates {
    /// Distance of a logit from the best within which a token is likely.
    private static final float LIKELY = 8;

    /// A heap of ids in `[0, heapSize)`, behind it those taken out of it, the last ones first.
    private final int[] ids;

    /// Per id, exp(logit - largest logit).
    private final double[] weight;

    /// The best k, the smallest on top.
    private final float[] best;

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
    }

    /// Begins with all tokens, or with the best `topK` and those that tie with the last of them.
    ///
    /// @param values `[vocab]`; read until the next selection
    /// @param topK 0 = all
    void select(float[] values, int topK) {
        logits = values;
        count = 0;
        rest = Float.NEGATIVE_INFINITY;
        if (topK > 0 && topK < logits.length) selectBest(topK);
        else selectAll();
        heapSize = count;
        for (int i = heapSize / 2 - 1; i >= 0; i--) siftDown(i);
    }

    private void selectBest(int topK) {
        float threshold = kthLargest(topK);
        for (int id = 0; id < logits.length; id++) if (logits[id] >= threshold) ids[count++] = id;
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
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < values.length; i++) largest = Math.max(largest, values[i]);
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
        for (int id = k; id < logits.length; id++) {
            if (logits[id] > least) {
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

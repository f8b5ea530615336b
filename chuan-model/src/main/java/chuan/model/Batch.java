package chuan.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;

/// What one call of [Backend#forward(Batch, float[])] does: a slice of tokens for each of several
/// sequences, prompts and single tokens mixed as they come. The sequences pass through the layers
/// together, so that every weight is read once for all of them.
///
/// Cleared and filled again for every step; allocates nothing once it has grown. Not thread-safe.
public final class Batch {
    private static final int FIRST_SIZE = 8;

    private final ArrayList<KvCache> caches = new ArrayList<>();
    private final ArrayList<int[]> ids = new ArrayList<>();
    private int[] from = new int[FIRST_SIZE];
    private int[] to = new int[FIRST_SIZE];
    private int[] wanted = new int[FIRST_SIZE];
    private int rows;

    /// Forgets all slices.
    public Batch clear() {
        caches.clear();
        ids.clear();
        rows = 0;
        return this;
    }

    /// Adds a slice: `tokens[first, end)` are to follow what `cache` holds, and the logits of the
    /// last `wantedRows` of them are asked for. The array is read when the batch is run.
    ///
    /// @throws IllegalArgumentException if more rows are wanted than there are tokens, or the
    ///   sequence has a slice already
    public Batch add(KvCache cache, int[] tokens, int first, int end, int wantedRows) {
        Objects.checkFromToIndex(first, end, tokens.length);
        if (wantedRows < 0 || wantedRows > end - first)
            throw new IllegalArgumentException(
                    "logits of " + wantedRows + " tokens wanted from a slice of " + (end - first));
        for (int i = 0; i < caches.size(); i++)
            if (caches.get(i) == cache)
                throw new IllegalArgumentException("a sequence can have one slice of a batch only");
        int slice = caches.size();
        if (slice == from.length) {
            from = Arrays.copyOf(from, 2 * slice);
            to = Arrays.copyOf(to, 2 * slice);
            wanted = Arrays.copyOf(wanted, 2 * slice);
        }
        caches.add(cache);
        ids.add(tokens);
        from[slice] = first;
        to[slice] = end;
        wanted[slice] = wantedRows;
        rows += wantedRows;
        return this;
    }

    /// Number of slices.
    public int size() {
        return caches.size();
    }

    /// Rows of logits of all slices.
    public int rows() {
        return rows;
    }

    public KvCache cache(int slice) {
        return caches.get(slice);
    }

    /// Of which `[from, to)` belong to the slice.
    public int[] ids(int slice) {
        return ids.get(slice);
    }

    public int from(int slice) {
        Objects.checkIndex(slice, size());
        return from[slice];
    }

    public int to(int slice) {
        Objects.checkIndex(slice, size());
        return to[slice];
    }

    /// Tokens at the end of the slice whose logits are asked for.
    public int wanted(int slice) {
        Objects.checkIndex(slice, size());
        return wanted[slice];
    }

    /// Whether `out` has room for the logits of all slices.
    ///
    /// @throws IllegalArgumentException if not
    public void checkRoom(float[] out, int vocab) {
        if (out.length < (long) rows * vocab)
            throw new IllegalArgumentException(
                    "%d floats have no room for %d rows of %d logits"
                            .formatted(out.length, rows, vocab));
    }
}

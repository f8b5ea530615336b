package chuan.cpu;

import java.util.ArrayList;

/// The rows that pass through the layers together: runs of rows, each of which follows what one
/// sequence holds. Filled again for every step; allocates nothing once it has grown.
final class Step {
    private final ArrayList<CpuKvCache> caches = new ArrayList<>();

    /// Of each run, where it begins; one more is the number of rows.
    private final int[] starts;

    /// Of each row.
    private final int[] ids;

    private final int[] wantedRows;
    private int wanted;

    /// @param most rows that it can hold
    Step(int most) {
        starts = new int[most + 1];
        ids = new int[most];
        wantedRows = new int[most];
    }

    Step clear() {
        caches.clear();
        wanted = 0;
        return this;
    }

    /// Adds rows for `source[from, to)`, which follow what `cache` holds and what it has no rows of
    /// yet; the logits of those from `firstWanted` on are asked for.
    Step add(CpuKvCache cache, int[] source, int from, int to, int firstWanted) {
        int first = rows();
        System.arraycopy(source, from, ids, first, to - from);
        for (int i = Math.max(from, firstWanted); i < to; i++)
            wantedRows[wanted++] = first + i - from;
        caches.add(cache);
        starts[caches.size()] = first + to - from;
        return this;
    }

    int rows() {
        return starts[caches.size()];
    }

    /// Rows that can still be added.
    int room() {
        return ids.length - rows();
    }

    /// Runs of rows; no two are of one sequence.
    int runs() {
        return caches.size();
    }

    CpuKvCache cache(int run) {
        return caches.get(run);
    }

    /// The first row of a run.
    int start(int run) {
        return starts[run];
    }

    /// Behind the last row of a run.
    int end(int run) {
        return starts[run + 1];
    }

    /// Rows whose logits are asked for.
    int wanted() {
        return wanted;
    }

    /// Copies the ids of all rows to `to`.
    void copyIds(int[] to) {
        System.arraycopy(ids, 0, to, 0, rows());
    }

    /// Copies the rows whose logits are asked for to `to`, ascending.
    void copyWanted(int[] to) {
        System.arraycopy(wantedRows, 0, to, 0, wanted);
    }
}

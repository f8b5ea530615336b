package chuan.engine;

import chuan.model.KvCache;
import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Sequences that were computed and may begin again: a system text, an example, a conversation up
/// to its last answer. Found by their ids, compared one by one, so nothing but the same tokens in
/// the same scope is ever taken for the same. Owns the caches. One thread at a time.
final class PrefixCache implements AutoCloseable {
    /// Fewer common tokens are computed again: two sequences share pages, and the copy of a page
    /// costs about as much.
    static final int WORTH_SHARING = 8;

    /// More sequences are forgotten, however small they are: each is looked at for each request.
    private static final int MOST = 2048;

    private final ArrayList<Entry> entries = new ArrayList<>();
    private long clock;

    /// A sequence that is not written to any more.
    static final class Entry {
        private final String scope;
        private final int[] ids;
        private final KvCache cache;
        private long lastUse;

        private Entry(String scope, int[] ids, KvCache cache) {
            this.scope = scope;
            this.ids = ids;
            this.cache = cache;
        }

        KvCache cache() {
            return cache;
        }

        /// How many of `wanted[0, most)` it begins with.
        int common(int[] wanted, int most) {
            return PrefixCache.common(ids, ids.length, wanted, most);
        }
    }

    /// Length of the common beginning of `a[0, aLength)` and `b[0, bLength)`.
    static int common(int[] a, int aLength, int[] b, int bLength) {
        int most = Math.min(aLength, bLength);
        int differs = Arrays.mismatch(a, 0, most, b, 0, most);
        return differs < 0 ? most : differs;
    }

    /// The sequence with the longest common beginning with `ids[0, most)`, if it is worth sharing.
    @Nullable Entry find(String scope, int[] ids, int most) {
        Entry best = null;
        int longest = WORTH_SHARING - 1;
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            if (entry.ids.length <= longest || !entry.scope.equals(scope)) continue;
            int common = entry.common(ids, most);
            if (common > longest) {
                longest = common;
                best = entry;
            }
        }
        return best;
    }

    /// It was of use just now.
    void touch(Entry entry) {
        entry.lastUse = ++clock;
    }

    /// Remembers that `cache` holds `ids[0, cache.length())`, and forgets what this contains.
    /// Closes the cache if it says nothing new.
    void insert(String scope, int[] ids, KvCache cache) {
        int length = cache.length();
        boolean known = length < WORTH_SHARING;
        for (int i = entries.size() - 1; i >= 0 && !known; i--) {
            var entry = entries.get(i);
            if (!entry.scope.equals(scope)) continue;
            int common = entry.common(ids, length);
            if (common == length) {
                touch(entry);
                known = true;
            } else if (common == entry.ids.length) {
                forget(i);
            }
        }
        if (known) {
            cache.close();
            return;
        }
        if (entries.size() == MOST) evictOldest();
        var entry = new Entry(scope, Arrays.copyOf(ids, length), cache);
        touch(entry);
        entries.add(entry);
    }

    /// Forgets what was of no use for the longest time.
    ///
    /// @return false if there is nothing
    boolean evictOldest() {
        int oldest = -1;
        for (int i = 0; i < entries.size(); i++)
            if (oldest < 0 || entries.get(i).lastUse < entries.get(oldest).lastUse) oldest = i;
        if (oldest < 0) return false;
        forget(oldest);
        return true;
    }

    private void forget(int index) {
        entries.get(index).cache.close();
        entries.set(index, entries.getLast());
        entries.removeLast();
    }

    int size() {
        return entries.size();
    }

    @Override
    public void close() {
        while (!entries.isEmpty()) forget(entries.size() - 1);
    }
}

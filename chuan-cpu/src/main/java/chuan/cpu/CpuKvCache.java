package chuan.cpu;

import chuan.model.KvCache;

/// Keys and values of one sequence: a table of pages that grows with it. What is cut off goes back
/// to [KvPages] at once. Sequences may share pages; who writes to one has it alone. One thread at a
/// time.
final class CpuKvCache implements KvCache {
    private final KvPages pool;
    private final int capacity;
    private final KvPages.Page[] pages;
    private int pageCount;
    private int length;
    private boolean closed;

    CpuKvCache(KvPages pool, int capacity) {
        if (capacity <= 0)
            throw new IllegalArgumentException(
                    "a cache needs room for at least one token, not " + capacity);
        this.pool = pool;
        this.capacity = capacity;
        pages = new KvPages.Page[Math.ceilDiv(capacity, KvPages.POSITIONS)];
    }

    KvPages pool() {
        return pool;
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
        keep(Math.ceilDiv(newLength, KvPages.POSITIONS));
    }

    @Override
    public void adopt(KvCache other, int newLength) {
        if (!(other instanceof CpuKvCache donor) || donor.pool != pool)
            throw new IllegalArgumentException("the cache is another back end's");
        if (closed || length > 0 || newLength > capacity || newLength > donor.length)
            throw new IllegalArgumentException(
                    "cannot take over %d of %d tokens behind %d, with room for %d"
                            .formatted(newLength, donor.length, length, capacity));
        keep(0);
        for (int needed = Math.ceilDiv(newLength, KvPages.POSITIONS);
                pageCount < needed;
                pageCount++) pages[pageCount] = pool.share(donor.pages[pageCount]);
        length = newLength;
    }

    /// Takes the pages that `tokens` more tokens need.
    ///
    /// @throws KvMemoryException if there are none
    void reserve(int tokens) {
        if (closed) throw new IllegalStateException("the cache is closed");
        int needed = Math.ceilDiv(length + tokens, KvPages.POSITIONS);
        int last = pageCount - 1;
        if (tokens > 0 && length % KvPages.POSITIONS > 0 && pool.isShared(pages[last]))
            pages[last] = pool.copy(pages[last]);
        for (; pageCount < needed; pageCount++) pages[pageCount] = pool.take();
    }

    /// Counts `tokens` more, whose keys and values have been written.
    void extend(int tokens) {
        length += tokens;
    }

    /// Address of the page that holds positions from `64 * page` on.
    long page(int page) {
        return pages[page].address();
    }

    /// The length of the longest key of a page that is full, as of [#longestKey(int, int, int,
    /// float)].
    float longestKey(int page, int layer, int head) {
        return pages[page].longestKeys()[pool.headOf(layer, head)];
    }

    /// Notes it; a page that was cut back and filled anew gets a new one.
    void longestKey(int page, int layer, int head, float length) {
        pages[page].longestKeys()[pool.headOf(layer, head)] = length;
    }

    private void keep(int count) {
        while (pageCount > count) {
            pageCount--;
            pool.giveBack(pages[pageCount]);
        }
    }

    @Override
    public void close() {
        closed = true;
        length = 0;
        keep(0);
    }
}

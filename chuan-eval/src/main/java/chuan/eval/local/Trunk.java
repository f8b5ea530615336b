package chuan.eval.local;

import chuan.model.KvCache;

/// A cache that branches grow from: closed when the last of them has taken it over. One thread.
final class Trunk {
    private final KvCache cache;
    private int waiting;

    /// @param branches that are to take it over
    Trunk(KvCache cache, int branches) {
        this.cache = cache;
        waiting = branches;
    }

    void giveTo(KvCache branch, int length) {
        branch.adopt(cache, length);
        if (--waiting == 0) cache.close();
    }

    /// Nobody will need it any more.
    void abandon() {
        cache.close();
    }
}

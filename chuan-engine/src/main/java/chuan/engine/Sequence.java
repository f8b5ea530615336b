package chuan.engine;

import chuan.model.Backend;
import chuan.model.ContextTooLongException;
import chuan.model.KvCache;
import java.util.concurrent.locks.ReentrantLock;

/// A cache and the ids whose keys and values it holds, so that a new prompt computes only what the
/// last one did not. Owns its cache. One thread at a time; steps of several sequences of one back
/// end take turns.
final class Sequence implements AutoCloseable {
    private final Backend backend;
    private final ReentrantLock turn;
    private final KvCache cache;
    private final int[] ids;
    private int length;

    /// @param turn shared by all sequences of `backend`, which takes one call at a time
    Sequence(Backend backend, ReentrantLock turn, int capacity) {
        this.backend = backend;
        this.turn = turn;
        cache = backend.newCache(capacity);
        ids = new int[capacity];
    }

    int length() {
        return length;
    }

    int capacity() {
        return ids.length;
    }

    /// Keeps the longest common beginning of what is held and of `prompt`, at most `prompt.length -
    /// 1` tokens since the last one must be computed to have its logits.
    ///
    /// @return tokens kept
    int reuse(int[] prompt) {
        if (prompt.length > ids.length)
            throw new ContextTooLongException(prompt.length, ids.length);
        int most = Math.min(length, prompt.length - 1);
        int same = 0;
        while (same < most && ids[same] == prompt[same]) same++;
        forgetFrom(same);
        return same;
    }

    /// Appends `source[from, to)` and writes the logits of the last `wanted` of them.
    void append(int[] source, int from, int to, int wanted, float[] logits) {
        if (to - from > ids.length - length)
            throw new ContextTooLongException((long) length + to - from, ids.length);
        System.arraycopy(source, from, ids, length, to - from);
        turn.lock();
        try {
            backend.forward(cache, source, from, to, wanted, logits);
        } catch (RuntimeException | Error e) {
            forgetFrom(0); // what the cache holds now is not known
            throw e;
        } finally {
            turn.unlock();
        }
        length += to - from;
    }

    void forgetFrom(int newLength) {
        cache.truncate(newLength);
        length = newLength;
    }

    @Override
    public void close() {
        cache.close();
    }
}

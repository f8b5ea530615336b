package chuan.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Remembers the ids of short byte strings that were already merged. Bounded: it forgets everything
/// when full. Belongs to one encoder; not thread-safe.
final class ChunkCache {
    /// Longer chunks are not kept.
    static final int MAXIMUM_BYTES = 64;

    private static final int SLOTS = 1 << 15;
    private static final int MAXIMUM_ENTRIES = SLOTS / 4 * 3;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /// Hash of the key, 0 = free.
    private final long[] hashes = new long[SLOTS];

    /// `key offset << 32 | id offset`.
    private final long[] places = new long[SLOTS];

    /// `key length << 16 | id count`.
    private final int[] lengths = new int[SLOTS];

    private final ByteBuilder keys = new ByteBuilder(1 << 16);
    private final IntBuilder ids = new IntBuilder(1 << 15);
    private int entries;

    static long hash(byte[] text, int from, int length) {
        long h = length * 0x9E3779B97F4A7C15L;
        int i = from;
        int rest = length;
        for (; rest >= 8; rest -= 8, i += 8) {
            h = (h ^ (long) LONG.get(text, i)) * 0xBF58476D1CE4E5B9L;
            h ^= h >>> 32;
        }
        if (rest > 0) {
            long tail;
            if (i + 8 <= text.length) {
                tail = (long) LONG.get(text, i) & -1L >>> (64 - rest * 8);
            } else {
                tail = 0;
                for (int k = rest - 1; k >= 0; k--) {
                    tail = tail << 8 | (text[i + k] & 0xff);
                }
            }
            h = (h ^ tail) * 0xBF58476D1CE4E5B9L;
            h ^= h >>> 32;
        }
        h *= 0x94D049BB133111EBL;
        h ^= h >>> 29;
        return h == 0 ? 1 : h;
    }

    /// Appends the ids of `text[from, from + length)` to `out` if known.
    boolean find(long hash, byte[] text, int from, int length, IntBuilder out) {
        int slot = (int) hash & SLOTS - 1;
        while (true) {
            long found = hashes[slot];
            if (found == 0) {
                return false;
            }
            if (found == hash && lengths[slot] >>> 16 == length) {
                int key = (int) (places[slot] >>> 32);
                if (Arrays.equals(keys.data, key, key + length, text, from, from + length)) {
                    out.add(ids.data, (int) places[slot], lengths[slot] & 0xffff);
                    return true;
                }
            }
            slot = slot + 1 & SLOTS - 1;
        }
    }

    /// Keeps the ids of a chunk that [#find] did not find.
    void put(long hash, byte[] text, int from, int length, int[] source, int start, int count) {
        if (entries >= MAXIMUM_ENTRIES) {
            Arrays.fill(hashes, 0);
            entries = 0;
            keys.size = 0;
            ids.size = 0;
        }
        int slot = (int) hash & SLOTS - 1;
        while (hashes[slot] != 0) {
            slot = slot + 1 & SLOTS - 1;
        }
        hashes[slot] = hash;
        places[slot] = (long) keys.size << 32 | ids.size;
        lengths[slot] = length << 16 | count;
        keys.add(text, from, length);
        ids.add(source, start, count);
        entries++;
    }
}

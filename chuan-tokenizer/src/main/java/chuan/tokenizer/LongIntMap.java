package chuan.tokenizer;

import java.util.Arrays;

/// Map from non-negative longs to ints by open addressing; keys are never removed. Not thread-safe
/// while written; safe to read from many threads once published.
final class LongIntMap {
    static final int NONE = -1;

    private static final long EMPTY = -1;

    private long[] keys;
    private int[] values;
    private int size;
    private int shift;

    LongIntMap(int expected) {
        int bits = Math.max(4, 32 - Integer.numberOfLeadingZeros(Math.max(1, expected)) + 1);
        allocate(bits);
    }

    private void allocate(int bits) {
        keys = new long[1 << bits];
        values = new int[1 << bits];
        Arrays.fill(keys, EMPTY);
        shift = 64 - bits;
        size = 0;
    }

    int size() {
        return size;
    }

    /// The value of `key`, or [#NONE].
    int get(long key) {
        int mask = keys.length - 1;
        int slot = (int) (mix(key) >>> shift);
        while (true) {
            long found = keys[slot];
            if (found == key) {
                return values[slot];
            }
            if (found == EMPTY) {
                return NONE;
            }
            slot = (slot + 1) & mask;
        }
    }

    void put(long key, int value) {
        if (size >= keys.length - (keys.length >> 2)) {
            grow();
        }
        int mask = keys.length - 1;
        int slot = (int) (mix(key) >>> shift);
        while (keys[slot] != EMPTY && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        if (keys[slot] == EMPTY) {
            keys[slot] = key;
            size++;
        }
        values[slot] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        allocate(64 - shift + 1);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != EMPTY) {
                put(oldKeys[i], oldValues[i]);
            }
        }
    }

    private static long mix(long key) {
        long h = (key ^ key >>> 32) * 0x9E3779B97F4A7C15L;
        return (h ^ h >>> 29) * 0xBF58476D1CE4E5B9L;
    }
}

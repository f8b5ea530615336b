package chuan.corpus;

import java.util.Arrays;
import java.util.function.IntConsumer;

/// From a 64-bit key to several ints, in flat arrays: about 40 bytes an entry where boxed maps take
/// four times that. Not thread-safe.
final class LongIntMultimap {
    private long[] keys = new long[1 << 12];
    private int[] heads = filled(1 << 12);
    private int[] next = new int[1 << 12];
    private int[] values = new int[1 << 12];
    private int entries;
    private int distinct;

    void put(long key, int value) {
        if (distinct * 2 >= keys.length) {
            grow();
        }
        if (entries == values.length) {
            values = Arrays.copyOf(values, entries * 2);
            next = Arrays.copyOf(next, entries * 2);
        }
        int slot = slot(key);
        if (heads[slot] < 0) {
            keys[slot] = key;
            distinct++;
        }
        values[entries] = value;
        next[entries] = heads[slot];
        heads[slot] = entries++;
    }

    /// The newest values first, at most `limit`.
    void forEach(long key, int limit, IntConsumer consumer) {
        int entry = heads[slot(key)];
        for (int i = 0; entry >= 0 && i < limit; i++) {
            consumer.accept(values[entry]);
            entry = next[entry];
        }
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = (int) Hash.mix(key) & mask;
        while (heads[slot] >= 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldHeads = heads;
        keys = new long[oldKeys.length * 2];
        heads = filled(oldKeys.length * 2);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldHeads[i] >= 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                heads[slot] = oldHeads[i];
            }
        }
    }

    private static int[] filled(int length) {
        int[] array = new int[length];
        Arrays.fill(array, -1);
        return array;
    }
}

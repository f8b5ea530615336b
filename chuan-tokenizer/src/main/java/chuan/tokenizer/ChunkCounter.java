package chuan.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Counts byte strings, each stored once. One thread at a time.
final class ChunkCounter {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private int[] slots = new int[1 << 12];
    private long[] offset = new long[1 << 11];
    private int[] hashes = new int[1 << 11];
    private long[] counts = new long[1 << 11];
    private final ByteBuilder bytes = new ByteBuilder(1 << 16);
    private int size;

    ChunkCounter() {
        Arrays.fill(slots, -1);
    }

    int size() {
        return size;
    }

    byte[] bytes() {
        return bytes.data;
    }

    int start(int entry) {
        return (int) offset[entry];
    }

    int end(int entry) {
        return entry + 1 < size ? (int) offset[entry + 1] : bytes.size;
    }

    long count(int entry) {
        return counts[entry];
    }

    void add(byte[] text, int from, int to, long count) {
        int hash = hash(text, from, to - from);
        int mask = slots.length - 1;
        int slot = hash & mask;
        while (slots[slot] >= 0) {
            int entry = slots[slot];
            if (hashes[entry] == hash
                    && Arrays.equals(bytes.data, start(entry), end(entry), text, from, to)) {
                counts[entry] += count;
                return;
            }
            slot = slot + 1 & mask;
        }
        if (size == counts.length) {
            int capacity = IntBuilder.grown(size, 1);
            offset = Arrays.copyOf(offset, capacity);
            hashes = Arrays.copyOf(hashes, capacity);
            counts = Arrays.copyOf(counts, capacity);
        }
        slots[slot] = size;
        offset[size] = bytes.size;
        hashes[size] = hash;
        counts[size] = count;
        bytes.add(text, from, to - from);
        size++;
        if (size > slots.length / 2) {
            rehash();
        }
    }

    void addAll(ChunkCounter other) {
        for (int entry = 0; entry < other.size; entry++) {
            add(other.bytes.data, other.start(entry), other.end(entry), other.counts[entry]);
        }
    }

    private void rehash() {
        slots = new int[slots.length * 2];
        Arrays.fill(slots, -1);
        int mask = slots.length - 1;
        for (int entry = 0; entry < size; entry++) {
            int slot = hashes[entry] & mask;
            while (slots[slot] >= 0) {
                slot = slot + 1 & mask;
            }
            slots[slot] = entry;
        }
    }

    private static int hash(byte[] text, int from, int length) {
        long h = length * 0x9E3779B97F4A7C15L;
        int i = from;
        int rest = length;
        for (; rest >= 8; rest -= 8, i += 8) {
            h = (h ^ (long) LONG.get(text, i)) * 0xBF58476D1CE4E5B9L;
            h ^= h >>> 32;
        }
        long tail = 0;
        for (int k = 0; k < rest; k++) {
            tail = tail << 8 | (text[i + k] & 0xff);
        }
        h = (h ^ tail) * 0xBF58476D1CE4E5B9L;
        h = (h ^ (h >>> 32)) * 0x94D049BB133111EBL;
        return (int) (h ^ (h >>> 29));
    }
}

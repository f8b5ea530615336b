package chuan.tokenizer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Remembers the ids of short byte strings that were already merged. Bounded: it forgets everything
/// when full. Belongs to one encoder; not thread-safe.
final class ChunkCache {
    /// Longer chunks are not kept.
    static final int MAXIMUM_BYTES = 16;

    /// How many bytes behind a chunk must be readable.
    static final int SLACK = 16;

    private static final int SLOTS = 1 << 15;
    private static final int MAXIMUM_ENTRIES = SLOTS / 8 * 5;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /// The chunk itself: 16 bytes as two numbers, zeros behind its end.
    private final long[] low = new long[SLOTS];

    private final long[] high = new long[SLOTS];

    /// `id offset << 16 | id count << 8 | bytes`, 0 = free.
    private final long[] values = new long[SLOTS];

    private final IntBuilder ids = new IntBuilder(1 << 15);
    private int entries;

    /// Appends the ids of `text[from, from + length)` to `out` if known.
    boolean find(byte[] text, int from, int length, IntBuilder out) {
        long a = lowBytes(text, from, length);
        long b = highBytes(text, from, length);
        int slot = slot(a, b);
        while (true) {
            long value = values[slot];
            if (value == 0) {
                return false;
            }
            if (low[slot] == a && high[slot] == b && (value & 0xff) == length) {
                int at = (int) (value >>> 16);
                for (int end = at + (int) (value >>> 8 & 0xff); at < end; at++) {
                    out.add(ids.data[at]);
                }
                return true;
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }

    /// Keeps the ids of a chunk that [#find] did not find.
    void put(byte[] text, int from, int length, int[] source, int start, int count) {
        if (entries >= MAXIMUM_ENTRIES) {
            Arrays.fill(values, 0);
            entries = 0;
            ids.size = 0;
        }
        long a = lowBytes(text, from, length);
        long b = highBytes(text, from, length);
        int slot = slot(a, b);
        while (values[slot] != 0) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        low[slot] = a;
        high[slot] = b;
        values[slot] = (long) ids.size << 16 | (long) count << 8 | length;
        ids.add(source, start, count);
        entries++;
    }

    private static long lowBytes(byte[] text, int from, int length) {
        long bytes = (long) LONG.get(text, from);
        return length >= 8 ? bytes : bytes & (-1L >>> (64 - length * 8));
    }

    private static long highBytes(byte[] text, int from, int length) {
        if (length <= 8) {
            return 0;
        }
        return (long) LONG.get(text, from + 8) & (-1L >>> (128 - length * 8));
    }

    private static int slot(long a, long b) {
        long h = (a ^ Long.rotateLeft(b, 29)) * 0x9E3779B97F4A7C15L;
        h = (h ^ (h >>> 32) ^ b) * 0xBF58476D1CE4E5B9L;
        return (int) (h >>> 49);
    }
}

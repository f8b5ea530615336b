package chuan.tokenizer;

import java.util.Arrays;

/// A byte array that grows. Not thread-safe; the owner may read `data` up to `size`.
final class ByteBuilder {
    byte[] data;
    int size;

    ByteBuilder(int capacity) {
        data = new byte[capacity];
    }

    /// Makes room for `more` bytes behind `size`.
    void reserve(int more) {
        if (more > data.length - size) {
            long wanted = Math.max((long) size + more, data.length + (data.length >> 1) + 16L);
            if ((long) size + more > Integer.MAX_VALUE - 16) {
                throw new IllegalArgumentException("text too long: over 2 GiB once normalised");
            }
            data = Arrays.copyOf(data, (int) Math.min(wanted, Integer.MAX_VALUE - 16));
        }
    }

    void add(int value) {
        reserve(1);
        data[size++] = (byte) value;
    }

    void add(byte[] from, int start, int count) {
        reserve(count);
        System.arraycopy(from, start, data, size, count);
        size += count;
    }
}

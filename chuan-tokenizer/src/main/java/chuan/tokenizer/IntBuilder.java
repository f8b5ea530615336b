package chuan.tokenizer;

import java.util.Arrays;

/// An int array that grows. Not thread-safe; the owner may read `data` up to `size`.
final class IntBuilder {
    int[] data;
    int size;

    IntBuilder(int capacity) {
        data = new int[capacity];
    }

    void add(int value) {
        if (size == data.length) {
            data = Arrays.copyOf(data, grown(size, 1));
        }
        data[size++] = value;
    }

    void add(int[] from, int start, int count) {
        if (count > data.length - size) {
            data = Arrays.copyOf(data, grown(size, count));
        }
        System.arraycopy(from, start, data, size, count);
        size += count;
    }

    int[] toArray() {
        return Arrays.copyOf(data, size);
    }

    static int grown(int size, int more) {
        long wanted = Math.max((long) size + more, size + (size >> 1) + 16L);
        if ((long) size + more > Integer.MAX_VALUE - 16) {
            throw new OutOfMemoryError("more than 2^31 entries");
        }
        return (int) Math.min(wanted, Integer.MAX_VALUE - 16);
    }
}

package chuan.tokenizer;

import java.util.Arrays;

/// Finds the longest of a set of byte strings at a place in a text: SentencePiece's PrefixMatcher.
/// Immutable after building; any thread may search.
final class ByteTrie {
    private int[] firstChild = new int[16];
    private int[] sibling = new int[16];
    private int[] value = new int[16];
    private byte[] label = new byte[16];
    private int nodes = 1;
    private final boolean[] starts = new boolean[256];

    ByteTrie() {
        value[0] = LongIntMap.NONE;
    }

    /// Adds a key before the first search; `keyValue` >= 0.
    void add(byte[] key, int keyValue) {
        if (key.length == 0) {
            throw new IllegalArgumentException("empty key");
        }
        starts[key[0] & 0xff] = true;
        int node = 0;
        for (byte b : key) {
            int child = child(node, b);
            node = child == 0 ? append(node, b) : child;
        }
        value[node] = keyValue;
    }

    /// Whether a key begins with this byte; the cheap test before [#longestMatch].
    boolean startsWith(byte b) {
        return starts[b & 0xff];
    }

    /// Length of the longest key that `text[from, to)` starts with, 0 if none; its value then is
    /// [#valueOf] of the same range.
    int longestMatch(byte[] text, int from, int to) {
        int node = 0;
        int longest = 0;
        for (int i = from; i < to; i++) {
            node = child(node, text[i]);
            if (node == 0) {
                break;
            }
            if (value[node] != LongIntMap.NONE) {
                longest = i + 1 - from;
            }
        }
        return longest;
    }

    /// Value of the key `text[from, to)`, or -1.
    int valueOf(byte[] text, int from, int to) {
        int node = 0;
        for (int i = from; i < to; i++) {
            node = child(node, text[i]);
            if (node == 0) {
                return LongIntMap.NONE;
            }
        }
        return value[node];
    }

    private int child(int node, byte b) {
        int child = firstChild[node];
        while (child != 0 && label[child] != b) {
            child = sibling[child];
        }
        return child;
    }

    private int append(int parent, byte b) {
        if (nodes == label.length) {
            int capacity = IntBuilder.grown(nodes, 1);
            firstChild = Arrays.copyOf(firstChild, capacity);
            sibling = Arrays.copyOf(sibling, capacity);
            value = Arrays.copyOf(value, capacity);
            label = Arrays.copyOf(label, capacity);
        }
        int node = nodes++;
        label[node] = b;
        value[node] = LongIntMap.NONE;
        sibling[node] = firstChild[parent];
        firstChild[parent] = node;
        return node;
    }
}

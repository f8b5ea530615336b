package chuan.engine.constrain;

import java.util.Arrays;
import java.util.List;

/// Texts of tokens as a trie: nodes depth first in flat arrays, so that a walk that leaves out
/// subtrees runs forward through memory. Immutable.
final class ByteTrie {
    /// By node, the root first.
    final byte[] label;

    /// By node: distance from the root.
    final byte[] depth;

    /// By node: its token or -1.
    final int[] token;

    /// By node: the first one behind its subtree.
    final int[] end;

    /// Nodes, with the root.
    final int size;

    /// A text and what stands for it.
    record Entry(byte[] text, int token) {}

    /// @param entries in the order of their texts, bytes unsigned, no text twice
    ByteTrie(List<Entry> entries) {
        int most = 1 + entries.stream().mapToInt(e -> e.text.length).sum();
        label = new byte[most];
        depth = new byte[most];
        token = new int[most];
        end = new int[most];
        token[0] = -1;
        int count = 1;
        int[] path = new int[Byte.MAX_VALUE + 1];
        int pathLength = 0;
        byte[] previous = {};
        for (Entry entry : entries) {
            byte[] text = entry.text;
            int shared = Arrays.mismatch(previous, text);
            for (; pathLength > shared; pathLength--) end[path[pathLength]] = count;
            while (pathLength < text.length) {
                label[count] = text[pathLength];
                token[count] = -1;
                depth[count] = (byte) ++pathLength;
                path[pathLength] = count++;
            }
            token[count - 1] = entry.token;
            previous = text;
        }
        for (; pathLength > 0; pathLength--) end[path[pathLength]] = count;
        end[0] = count;
        size = count;
    }

    /// The node behind `text[from, text.length)`, -1 if no text begins like that.
    int find(byte[] text, int from) {
        int node = 0;
        for (int i = from; i < text.length && node >= 0; i++) node = child(node, text[i]);
        return node;
    }

    /// -1 if there is none.
    int child(int node, byte wanted) {
        for (int child = node + 1; child < end[node]; child = end[child])
            if (label[child] == wanted) return child;
        return -1;
    }
}

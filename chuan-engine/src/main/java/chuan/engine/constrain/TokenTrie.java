package chuan.engine.constrain;

import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The bytes that each token stands for, and all of them as a trie: nodes depth first in flat
/// arrays, so that a walk that leaves out subtrees runs forward through memory. Immutable.
///
/// Not in it are tokens that are no text (control pieces, the unknown piece, markers such as
/// `<reserved_102>`) and those that spell what an earlier one spells: byte pieces of bytes that are
/// pieces, too.
final class TokenTrie {
    private final Tokenizer tokenizer;

    /// By token; null = not in the trie.
    private final byte[] @Nullable [] bytes;

    /// By token: it spells one byte rather than text, so its space is a space even at the start.
    private final boolean[] spellsByte;

    /// By node, the root first.
    final byte[] label;

    /// By node: distance from the root.
    final byte[] depth;

    /// By node: its token or -1.
    final int[] token;

    /// By node: the first one behind its subtree.
    final int[] end;

    private final int size;

    /// Bytes of the longest token.
    final int longest;

    final int vocab;

    /// How a text of its own begins: the first space of its first token is not part of it.
    final boolean dropsLeadingSpace;

    /// Whether that holds as long as there is no text yet.
    final boolean removesExtraSpaces;

    TokenTrie(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        vocab = tokenizer.vocabSize();
        dropsLeadingSpace = tokenizer.dropsLeadingSpace();
        removesExtraSpaces = tokenizer.removesExtraSpaces();
        bytes = new byte[vocab][];
        spellsByte = new boolean[vocab];
        for (int id = 0; id < vocab; id++) {
            spellsByte[id] = tokenizer.byteOf(id) >= 0;
            bytes[id] = bytes(tokenizer, id);
        }
        List<Integer> order = new ArrayList<>();
        int nodes = 1;
        for (int id = 0; id < vocab; id++) {
            if (length(id) == 0) continue;
            order.add(id);
            nodes += length(id);
        }
        // pieces before bytes, so that those win
        order.sort((a, b) -> {
            int text = Arrays.compareUnsigned(bytes[a], bytes[b]);
            return text != 0 ? text : Boolean.compare(spellsByte[a], spellsByte[b]);
        });
        label = new byte[nodes];
        depth = new byte[nodes];
        token = new int[nodes];
        end = new int[nodes];
        longest = order.stream().mapToInt(this::length).max().orElse(0);
        size = fill(order);
    }

    /// A text cut as the tokenizer cuts it, first spaces being spaces.
    ///
    /// @return no ids if the vocabulary cannot spell it to the letter
    int[] cut(byte[] utf8) {
        int[] ids = tokenizer.encodeExactly(new String(utf8, StandardCharsets.UTF_8));
        int at = 0;
        for (int id : ids) {
            byte[] text = bytes(id);
            if (text == null
                    || at + text.length > utf8.length
                    || Arrays.mismatch(text, 0, text.length, utf8, at, at + text.length) >= 0)
                return new int[0];
            at += text.length;
        }
        return at == utf8.length ? ids : new int[0];
    }

    /// The node behind `text[from, text.length)`, -1 if no token begins like that.
    int find(byte[] text, int from) {
        int node = 0;
        for (int i = from; i < text.length; i++) {
            node = child(node, text[i]);
            if (node < 0) return -1;
        }
        return node;
    }

    /// -1 if there is none.
    int child(int node, byte wanted) {
        for (int child = node + 1; child < end[node]; child = end[child])
            if (label[child] == wanted) return child;
        return -1;
    }

    private static byte @Nullable [] bytes(Tokenizer tokenizer, int id) {
        int value = tokenizer.byteOf(id);
        if (value >= 0) return new byte[] {(byte) value};
        String piece = tokenizer.piece(id);
        boolean text =
                switch (tokenizer.kind(id)) {
                    case NORMAL, UNUSED, BYTE -> true;
                    case USER_DEFINED -> !tokenizer.isMarker(id);
                    case CONTROL, UNKNOWN -> false;
                };
        byte[] utf8 = piece.replace('\u2581', ' ').getBytes(StandardCharsets.UTF_8);
        // the depth of a node is kept in a byte; no real piece is near it
        return text && utf8.length > 0 && utf8.length <= Byte.MAX_VALUE ? utf8 : null;
    }

    /// Bytes of a token, 0 if it is not in the trie.
    int length(int id) {
        byte[] text = bytes[id];
        return text == null ? 0 : text.length;
    }

    private int fill(List<Integer> order) {
        token[0] = -1;
        int count = 1;
        int[] path = new int[longest + 1];
        int pathLength = 0;
        byte[] previous = {};
        for (int id : order) {
            byte[] text = bytes[id];
            if (text == null) continue;
            int shared = Arrays.mismatch(previous, text);
            if (shared < 0) {
                bytes[id] = null; // spelled by another one already
                continue;
            }
            for (; pathLength > shared; pathLength--) end[path[pathLength]] = count;
            while (pathLength < text.length) {
                label[count] = text[pathLength];
                token[count] = -1;
                depth[count] = (byte) ++pathLength;
                path[pathLength] = count++;
            }
            token[count - 1] = id;
            previous = text;
        }
        for (; pathLength > 0; pathLength--) end[path[pathLength]] = count;
        end[0] = count;
        return count;
    }

    /// Nodes, with the root.
    int size() {
        return size;
    }

    /// What the token stands for; null = nothing that could be part of a text.
    byte @Nullable [] bytes(int id) {
        return id < 0 || id >= vocab ? null : bytes[id];
    }

    /// Whether the space that a token begins with vanishes at the start of a text.
    boolean beginsWithSpacePiece(int id) {
        byte[] text = bytes[id];
        return text != null && text[0] == ' ' && !spellsByte[id];
    }
}

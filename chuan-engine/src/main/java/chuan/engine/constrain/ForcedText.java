package chuan.engine.constrain;

import java.util.Arrays;

/// Finds the text that must follow in a grammar, and cuts it into the tokens that a model is likely
/// to choose for it: those of the tokenizer, up to where one could reach beyond what is known.
/// Where the grammar leaves the choice of a space that means nothing (`"a":1` or `"a": 1`), the
/// text goes on as it did so far.
///
/// Its owner locks the recognizer.
final class ForcedText {
    /// Bytes looked ahead at most.
    private static final int MOST = 256;

    /// A last token is left out if more than this part of what may follow it is the beginning of a
    /// longer token: 123 is seldom written as 12 and 3.
    private static final double LARGEST_PART = 0.25;

    private final TokenTrie trie;
    private final Recognizer recognizer;

    ForcedText(TokenTrie trie, Recognizer recognizer) {
        this.trie = trie;
        this.recognizer = recognizer;
    }

    /// @param from state of the recognizer
    /// @param spaced whether the text has spaces where they mean nothing
    /// @param begins the text begins here, so that the space before its first word is dropped
    int[] tokens(int from, boolean spaced, boolean begins) {
        var text = new byte[MOST];
        int length = 0;
        if (begins) text[length++] = ' ';
        int at = from;
        while (length < MOST && !recognizer.accepting(at)) {
            int next = recognizer.onlyByte(at);
            if (next < 0 && recognizer.optionalBlank(at))
                next = spaced ? ' ' : recognizer.onlyByte(recognizer.next(at, ' '));
            if (next < 0) break;
            text[length++] = (byte) next;
            at = recognizer.next(at, next);
        }
        if (length == (begins ? 1 : 0)) return new int[0];
        int whole = whole(text, length);
        int[] ids = trie.cut(Arrays.copyOf(text, whole));
        if (recognizer.accepting(at) && recognizer.closed(at)) return ids;
        if (whole < length) return Arrays.copyOf(ids, Math.max(0, ids.length - 1));
        return certain(ids, Arrays.copyOf(text, whole), at);
    }

    /// Without a character at the end that is not complete.
    private static int whole(byte[] text, int length) {
        int last = length - 1;
        while (last > 0 && (text[last] & 0xC0) == 0x80) last--;
        int lead = text[last] & 0xff;
        int size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        return last + size > length ? last : length;
    }

    /// The tokens in front of the first one that may be another.
    private int[] certain(int[] ids, byte[] text, int end) {
        int at = 0;
        for (int i = 0; i < ids.length; i++) {
            if (mayReachBeyond(text, at, end)) return Arrays.copyOf(ids, i);
            at += trie.length(ids[i]);
        }
        return ids;
    }

    /// Whether a token that begins at `at` may well end behind the text.
    private boolean mayReachBeyond(byte[] text, int at, int end) {
        int node = trie.all.find(text, at);
        if (node < 0 || trie.all.end[node] == node + 1) return false;
        int possible = 0;
        int longer = 0;
        for (int b = 0; b < 256; b++) {
            if (recognizer.next(end, b) < 0) continue;
            possible++;
            if (trie.all.child(node, (byte) b) >= 0) longer++;
        }
        return longer > possible * LARGEST_PART;
    }
}

package chuan.engine.constrain;

import chuan.engine.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;

/// A grammar, token by token. A state is three times that of the [Recognizer], plus how the text
/// began: a decoder leaves out the space that the first token of a text begins with.
///
/// Any number of answers on any thread share one; a lock guards the tables.
final class GrammarConstraint implements Constraint {
    /// Somewhere in the text.
    private static final int INSIDE = 0;

    /// Before it.
    private static final int START = 1;

    /// Behind a token that was nothing but the space that is left out, in a vocabulary that leaves
    /// out more.
    private static final int BLANK = 2;

    private static final int MOST_MASKS = 1024;

    private final TokenTrie trie;
    private final Recognizer recognizer;
    private final int begin;
    private final Map<Integer, long[]> masks;
    private final int[] path;

    /// @param continues the text goes on with another one, so its first space is a space
    GrammarConstraint(TokenTrie trie, Recognizer recognizer, boolean continues) {
        this.trie = trie;
        this.recognizer = recognizer;
        begin = continues || !trie.dropsLeadingSpace ? INSIDE : START;
        path = new int[trie.longest + 1];
        masks =
                new LinkedHashMap<>(64, 0.75f, true) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Integer, long[]> eldest) {
                        return size() > MOST_MASKS;
                    }
                };
    }

    /// States so far, as a measure of memory.
    int size() {
        synchronized (recognizer) {
            return recognizer.size();
        }
    }

    @Override
    public int start() {
        return recognizer.start() * 3 + begin;
    }

    @Override
    public int advance(int state, int token) {
        byte[] text = trie.bytes(token);
        if (text == null) return -1;
        int from = 0;
        int phase = state % 3;
        if (phase != INSIDE && trie.beginsWithSpacePiece(token)) {
            if (text.length == 1) return phase == START ? state - START + blank() : -1;
            from = 1;
        }
        int at = state / 3;
        synchronized (recognizer) {
            for (int i = from; i < text.length && at >= 0; i++)
                at = recognizer.next(at, text[i] & 0xff);
        }
        return at < 0 ? -1 : at * 3;
    }

    private int blank() {
        return trie.removesExtraSpaces ? BLANK : INSIDE;
    }

    @Override
    public boolean accepting(int state) {
        synchronized (recognizer) {
            return recognizer.accepting(state / 3);
        }
    }

    @Override
    public boolean complete(int state) {
        synchronized (recognizer) {
            return recognizer.accepting(state / 3) && recognizer.closed(state / 3);
        }
    }

    @Override
    public void mask(int state, float[] logits) {
        long[] allowed;
        synchronized (recognizer) {
            allowed = allowed(state);
        }
        for (int word = 0; word < allowed.length; word++) {
            long bits = allowed[word];
            if (bits == -1) continue;
            int last = Math.min(logits.length, (word + 1) << 6);
            for (int id = word << 6; id < last; id++)
                if ((bits >>> id & 1) == 0) logits[id] = Float.NEGATIVE_INFINITY;
        }
        for (int id = allowed.length << 6; id < logits.length; id++)
            logits[id] = Float.NEGATIVE_INFINITY;
    }

    /// A bit per token.
    private long[] allowed(int state) {
        int phase = state % 3;
        int canonical = recognizer.canonical(state / 3);
        int key = canonical * 3 + phase;
        long[] known = masks.get(key);
        if (known != null) return known;
        var bits = new long[(trie.vocab + 63) >> 6];
        path[0] = canonical;
        if (phase == INSIDE) walk(1, trie.size(), bits);
        else walkAtStart(phase, bits);
        masks.put(key, bits);
        return bits;
    }

    /// Marks the allowed tokens of nodes that follow each other, whose parent's state is known.
    private void walk(int first, int last, long[] bits) {
        int node = first;
        while (node < last) {
            int depth = trie.depth[node];
            int state = recognizer.next(path[depth - 1], trie.label[node] & 0xff);
            if (state < 0) {
                node = trie.end[node];
                continue;
            }
            path[depth] = state;
            int token = trie.token[node++];
            if (token >= 0) bits[token >> 6] |= 1L << token;
        }
    }

    /// The same where the space that a token begins with is not part of the text.
    private void walkAtStart(int phase, long[] bits) {
        for (int node = 1; node < trie.size(); node = trie.end[node]) {
            if (trie.label[node] != ' ') {
                walk(node, trie.end[node], bits);
                continue;
            }
            int token = trie.token[node];
            if (token >= 0) {
                boolean allowed =
                        trie.beginsWithSpacePiece(token)
                                ? phase == START
                                : recognizer.next(path[0], ' ') >= 0;
                if (allowed) bits[token >> 6] |= 1L << token;
            }
            path[1] = path[0];
            walk(node + 1, trie.end[node], bits);
        }
    }
}

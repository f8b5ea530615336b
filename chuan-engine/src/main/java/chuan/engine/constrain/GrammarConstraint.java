package chuan.engine.constrain;

import chuan.engine.Constraint;
import java.util.LinkedHashMap;
import java.util.Map;

/// A grammar, token by token. A state is that of the [Recognizer] together with how the text began,
/// since a decoder leaves out the space that the first token of a text begins with, and with the
/// habit of the text: whether there were spaces where they mean nothing.
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

    private static final int PHASES = 3;

    /// There was no place for a space yet, or there was one in the last. Most JSON has some.
    private static final int SPACED = 0;

    private static final int DENSE = 1;

    /// What a state of the recognizer is multiplied with.
    private static final int STEP = 2 * PHASES;

    /// Masks, and forced texts, that are kept.
    private static final int MOST_KEPT = 1024;

    private final TokenTrie trie;
    private final Recognizer recognizer;
    private final int begin;
    private final Map<Integer, long[]> masks = new Recent<>();
    private final ForcedText text;
    private final Map<Integer, int[]> forced = new Recent<>();
    private final int[] path;

    /// @param continues the text goes on with another one, so its first space is a space
    GrammarConstraint(TokenTrie trie, Recognizer recognizer, boolean continues) {
        this.trie = trie;
        this.recognizer = recognizer;
        begin = continues || !trie.dropsLeadingSpace ? INSIDE : START;
        path = new int[trie.longest + 1];
        text = new ForcedText(trie, recognizer);
    }

    private static int state(int recognized, int phase, int habit) {
        return recognized * STEP + habit * PHASES + phase;
    }

    private static int recognized(int state) {
        return state / STEP;
    }

    private static int phase(int state) {
        return state % PHASES;
    }

    private static int habit(int state) {
        return state % STEP / PHASES;
    }

    /// States so far, as a measure of memory.
    int size() {
        synchronized (recognizer) {
            return recognizer.size();
        }
    }

    @Override
    public int start() {
        return state(recognizer.start(), begin, SPACED);
    }

    @Override
    public int advance(int state, int token) {
        byte[] bytes = trie.bytes(token);
        if (bytes == null) return -1;
        int from = 0;
        int phase = phase(state);
        if (phase != INSIDE && trie.beginsWithSpacePiece(token)) {
            if (bytes.length == 1) return phase == START ? state - START + blank() : -1;
            from = 1;
        }
        int at = recognized(state);
        int habit = habit(state);
        synchronized (recognizer) {
            for (int i = from; i < bytes.length && at >= 0; i++) {
                if (recognizer.optionalBlank(at)) habit = bytes[i] == ' ' ? SPACED : DENSE;
                at = recognizer.next(at, bytes[i] & 0xff);
            }
        }
        return at < 0 ? -1 : state(at, INSIDE, habit);
    }

    @Override
    public int forced(int state, int[] out, int at, int most) {
        int phase = phase(state);
        if (phase == BLANK) return 0;
        int[] ids;
        synchronized (recognizer) {
            int from = recognized(state);
            // nearly always there is a choice, which shows at once
            if (recognizer.onlyByte(from) < 0 && !recognizer.optionalBlank(from)) return 0;
            ids =
                    forced.computeIfAbsent(
                            state, _ -> text.tokens(from, habit(state) == SPACED, phase == START));
        }
        int count = Math.min(most, ids.length);
        System.arraycopy(ids, 0, out, at, count);
        return count;
    }

    private int blank() {
        return trie.removesExtraSpaces ? BLANK : INSIDE;
    }

    @Override
    public boolean accepting(int state) {
        synchronized (recognizer) {
            return recognizer.accepting(recognized(state));
        }
    }

    @Override
    public boolean complete(int state) {
        synchronized (recognizer) {
            int at = recognized(state);
            return recognizer.accepting(at) && recognizer.closed(at);
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
        int phase = phase(state);
        int canonical = recognizer.canonical(recognized(state));
        int key = canonical * PHASES + phase;
        long[] known = masks.get(key);
        if (known != null) return known;
        var bits = new long[(trie.vocab + 63) >> 6];
        path[0] = canonical;
        if (phase != INSIDE) {
            walkAtStart(phase, bits);
        } else if (recognizer.takesAnyText(canonical)) {
            System.arraycopy(trie.plain, 0, bits, 0, bits.length);
            walk(trie.special, 1, trie.special.size, bits);
        } else {
            walk(trie.all, 1, trie.all.size, bits);
        }
        masks.put(key, bits);
        return bits;
    }

    /// Marks the allowed tokens of nodes that follow each other, whose parent's state is known.
    private void walk(ByteTrie nodes, int first, int last, long[] bits) {
        int node = first;
        while (node < last) {
            int depth = nodes.depth[node];
            int state = recognizer.next(path[depth - 1], nodes.label[node] & 0xff);
            if (state < 0) {
                node = nodes.end[node];
                continue;
            }
            path[depth] = state;
            int token = nodes.token[node++];
            if (token >= 0) bits[token >> 6] |= 1L << token;
        }
    }

    /// The same where the space that a token begins with is not part of the text.
    private void walkAtStart(int phase, long[] bits) {
        var nodes = trie.all;
        for (int node = 1; node < nodes.size; node = nodes.end[node]) {
            if (nodes.label[node] != ' ') {
                walk(nodes, node, nodes.end[node], bits);
                continue;
            }
            int token = nodes.token[node];
            if (token >= 0) {
                boolean allowed =
                        trie.beginsWithSpacePiece(token)
                                ? phase == START
                                : recognizer.next(path[0], ' ') >= 0;
                if (allowed) bits[token >> 6] |= 1L << token;
            }
            path[1] = path[0];
            walk(nodes, node + 1, nodes.end[node], bits);
        }
    }

    private static final class Recent<V> extends LinkedHashMap<Integer, V> {
        private static final long serialVersionUID = 1L;

        Recent() {
            super(64, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, V> eldest) {
            return size() > MOST_KEPT;
        }
    }
}

package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What the encoder looks up, built once per model. Immutable afterwards; any thread may read.
///
/// A *symbol* is a piece id, or a number from `pieces.size()` on for a character that is no piece
/// but occurs in one. Merging works on symbols, so it never compares strings.
final class BpeTables {
    /// No such symbol: a character that never merges.
    static final int NONE = LongIntMap.NONE;

    private static final int JOINT_BITS = 20;

    /// Symbol of each character below U+10000.
    private final int[] basicSymbol = new int[0x10000];

    private final LongIntMap otherSymbols = new LongIntMap(64);

    /// `left << 32 | right` to the piece they merge into.
    private final LongIntMap merges;

    /// Per piece: its place in the order of merging, 0 first; equal scores share a place.
    final int[] rank;

    /// Per symbol: the id that is put out if it remains; the unknown id for non-pieces.
    final int[] outputId;

    /// Ids of the 256 byte pieces; empty without byte fallback.
    final int[] byteIds;

    final int unknownId;

    /// UTF-8 length of each symbol; only filled if some piece is UNUSED.
    final int[] byteLength;

    final boolean[] unused;
    final boolean hasUnused;

    /// Bit set over hashed pairs of adjacent characters that occur inside a piece. A pair outside
    /// is a place that no merge crosses, so the text may be cut there without any effect.
    private final long[] joints = new long[1 << (JOINT_BITS - 6)];

    private final long[] asciiJoints = new long[256];

    BpeTables(SentencePieceModel model) {
        List<Piece> pieces = model.pieces();
        int count = pieces.size();
        Map<String, Integer> reserved = new HashMap<>();
        Map<String, Integer> merging = HashMap.newHashMap(count);
        unused = new boolean[count];
        int[] bytes = new int[256];
        int unknown = 0;
        for (int id = 0; id < count; id++) {
            Piece piece = pieces.get(id);
            switch (piece.kind()) {
                case NORMAL -> merging.put(piece.text(), id);
                case UNUSED -> {
                    merging.put(piece.text(), id);
                    unused[id] = true;
                }
                case USER_DEFINED -> {}
                case CONTROL -> reserved.put(piece.text(), id);
                case UNKNOWN -> {
                    reserved.put(piece.text(), id);
                    unknown = id;
                }
                case BYTE -> {
                    reserved.put(piece.text(), id);
                    bytes[BytePieces.byteOf(piece.text())] = id;
                }
            }
        }
        unknownId = unknown;
        hasUnused = anyTrue(unused);
        byteIds = model.byteFallback() ? bytes : new int[0];
        rank = ranks(pieces);
        Arrays.fill(basicSymbol, NONE);
        int symbols = nameCharacters(merging, count);
        merges = new LongIntMap(count * 2);
        merging.forEach((text, id) -> addMerges(merging, text, id));
        byteLength = hasUnused ? byteLengths(merging, symbols) : new int[0];
        outputId = new int[symbols];
        Arrays.fill(outputId, unknownId);
        merging.forEach((text, id) -> outputId[id] = reserved.getOrDefault(text, id));
    }

    private int[] byteLengths(Map<String, Integer> merging, int symbols) {
        int[] lengths = new int[symbols];
        merging.forEach((text, id) -> {
            lengths[id] = utf8(text).length;
            text.codePoints()
                    .forEach(c -> lengths[symbolOf(c)] = utf8(Character.toString(c)).length);
        });
        return lengths;
    }

    private static boolean anyTrue(boolean[] flags) {
        for (boolean flag : flags) {
            if (flag) {
                return true;
            }
        }
        return false;
    }

    private static int[] ranks(List<Piece> pieces) {
        float[] distinct = new float[pieces.size()];
        for (int id = 0; id < distinct.length; id++) {
            distinct[id] = -pieces.get(id).score() + 0f; // + 0 turns -0 into 0
        }
        float[] sorted = distinct.clone();
        Arrays.sort(sorted);
        int[] place = new int[sorted.length];
        for (int i = 1; i < sorted.length; i++) {
            place[i] = sorted[i] == sorted[i - 1] ? place[i - 1] : i;
        }
        int[] rank = new int[distinct.length];
        for (int id = 0; id < rank.length; id++) {
            rank[id] = place[Arrays.binarySearch(sorted, distinct[id])];
        }
        return rank;
    }

    /// Gives every character that occurs in a merging piece a symbol and marks the joints.
    private int nameCharacters(Map<String, Integer> merging, int firstFree) {
        int symbols = firstFree;
        for (String text : merging.keySet()) {
            int previous = -1;
            for (int i = 0; i < text.length(); ) {
                int c = text.codePointAt(i);
                i += Character.charCount(c);
                if (previous >= 0) {
                    markJoint(previous, c);
                }
                previous = c;
                if (symbolOf(c) == NONE) {
                    Integer piece = merging.get(Character.toString(c));
                    nameCharacter(c, piece != null ? piece : symbols++);
                }
            }
        }
        return symbols;
    }

    private void nameCharacter(int c, int symbol) {
        if (c < 0x10000) {
            basicSymbol[c] = symbol;
        } else {
            otherSymbols.put(c, symbol);
        }
    }

    private void addMerges(Map<String, Integer> merging, String text, int id) {
        int end = text.length();
        int first = Character.charCount(text.codePointAt(0));
        if (first == end) {
            return;
        }
        for (int cut = first; cut < end; cut += Character.charCount(text.codePointAt(cut))) {
            int left = symbolOf(merging, text, 0, cut);
            int right = left == NONE ? NONE : symbolOf(merging, text, cut, end);
            if (right != NONE) {
                merges.put((long) left << 32 | right, id);
            }
        }
    }

    private int symbolOf(Map<String, Integer> merging, String text, int from, int to) {
        int first = text.codePointAt(from);
        if (Character.charCount(first) == to - from) {
            return symbolOf(first);
        }
        return merging.getOrDefault(text.substring(from, to), NONE);
    }

    private void markJoint(int left, int right) {
        if ((left | right) < 128) {
            asciiJoints[left << 1 | right >> 6] |= 1L << right;
        } else {
            int hash = jointHash(left, right);
            joints[hash >>> 6] |= 1L << hash;
        }
    }

    /// Whether a piece may hold these two characters side by side; sometimes true without need.
    boolean mayJoin(int left, int right) {
        if ((left | right) < 128) {
            return (asciiJoints[left << 1 | right >> 6] >>> right & 1) != 0;
        }
        int hash = jointHash(left, right);
        return (joints[hash >>> 6] >>> hash & 1) != 0;
    }

    private static int jointHash(int left, int right) {
        return ((left * 0x9E3779B1 ^ right * 0x85EBCA6B) * 0xC2B2AE35) >>> (32 - JOINT_BITS);
    }

    /// Symbol of a character, or [#NONE].
    int symbolOf(int codePoint) {
        return codePoint < 0x10000 ? basicSymbol[codePoint] : otherSymbols.get(codePoint);
    }

    /// The piece that two symbols merge into, or [#NONE].
    int merge(int left, int right) {
        return (left | right) < 0 ? NONE : merges.get((long) left << 32 | right);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

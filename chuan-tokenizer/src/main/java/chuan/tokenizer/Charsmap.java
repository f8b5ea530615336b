package chuan.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// SentencePiece's precompiled normalisation rules: a double-array trie (darts-clone) from byte
/// strings to offsets into a block of NUL-terminated replacements.
///
/// Layout: `u32 trie bytes | trie | replacements`, little-endian. A unit of the trie holds a label
/// (low byte), a leaf flag (bit 8) and an offset (bits 10 to 30, times 256 if bit 9 is set); a
/// leaf's unit holds the value. Immutable.
final class Charsmap {
    private final int[] units;
    private final byte[] replacements;

    /// `blob` has passed [#check].
    Charsmap(byte[] blob) {
        ByteBuffer in = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
        int trieBytes = in.getInt();
        units = new int[trieBytes / 4];
        in.asIntBuffer().get(units);
        replacements = new byte[blob.length - 4 - trieBytes];
        in.get(4 + trieBytes, replacements);
    }

    /// Refuses a blob whose sizes do not fit together; an empty one is fine (no rules).
    static void check(String file, long offset, byte[] blob) {
        if (blob.length == 0) {
            return;
        }
        long trieBytes =
                blob.length < 4
                        ? -1
                        : Integer.toUnsignedLong(
                                ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN).getInt());
        if (trieBytes < 1024 || (trieBytes & 0x3FF) != 0 || trieBytes >= blob.length - 4L) {
            throw new MalformedTokenizerException(
                    file,
                    offset,
                    "precompiled_charsmap is broken (trie of " + trieBytes + " bytes)");
        }
        if (blob[blob.length - 1] != 0) {
            throw new MalformedTokenizerException(
                    file, offset, "precompiled_charsmap does not end in a zero byte");
        }
    }

    /// The longest rule that applies at `from`: `length << 32 | start of its replacement`, or 0.
    long longestRule(byte[] text, int from, int to) {
        long best = 0;
        int node = offset(units[0]);
        for (int i = from; i < to; i++) {
            int label = text[i] & 0xff;
            node ^= label;
            if (node >= units.length) {
                break;
            }
            int unit = units[node];
            if ((unit & 0x800000FF) != label) {
                break;
            }
            node ^= offset(unit);
            if (node >= units.length) {
                break;
            }
            if ((unit >>> 8 & 1) != 0) {
                int value = units[node] & 0x7FFFFFFF;
                // a rule that points outside counts as no rule, as in SentencePiece
                best = value < replacements.length ? (long) (i + 1 - from) << 32 | value : 0;
            }
        }
        return best;
    }

    /// Whether some rule's key starts with these bytes.
    boolean hasPrefix(byte[] text, int from, int to) {
        int node = offset(units[0]);
        for (int i = from; i < to; i++) {
            int label = text[i] & 0xff;
            node ^= label;
            if (node >= units.length || (units[node] & 0x800000FF) != label) {
                return false;
            }
            node ^= offset(units[node]);
            if (node >= units.length) {
                return false;
            }
        }
        return true;
    }

    byte[] replacements() {
        return replacements;
    }

    /// Position of the NUL that ends the replacement starting at `start`.
    int end(int start) {
        int i = start;
        while (replacements[i] != 0) {
            i++;
        }
        return i;
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }
}

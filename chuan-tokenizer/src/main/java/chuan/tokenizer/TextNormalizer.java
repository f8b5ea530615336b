package chuan.tokenizer;

import org.jspecify.annotations.Nullable;

/// Rewrites text as SentencePiece's Normalizer does: user-defined symbols stay, the longest rule of
/// the charsmap applies elsewhere, spaces become ▁. Immutable; any thread may call it.
final class TextNormalizer {
    private static final int BLOCK = 1 << 14;
    private static final byte SPACE_0 = (byte) 0xE2;
    private static final byte SPACE_1 = (byte) 0x96;
    private static final byte SPACE_2 = (byte) 0x81;

    private final NormalizerSettings settings;
    private final boolean spaceIsSuffix;
    private final @Nullable Charsmap charsmap;
    private final ByteTrie kept;

    /// Characters below U+0080 that stay as they are if another such character follows.
    private final boolean[] plainAscii = new boolean[128];

    /// First bytes of characters that some rule has behind a character below U+0080.
    private final boolean[] joinsAscii = new boolean[256];

    /// Whether a space is just a space: escaped, never dropped, in no rule by itself.
    private boolean plainSpace;

    /// Bit set of characters from U+0080 to U+FFFF that no rule's key starts with.
    private final long[] plain = new long[1024];

    /// `kept`: strings that are not rewritten.
    TextNormalizer(NormalizerSettings settings, boolean spaceIsSuffix, ByteTrie kept) {
        this.settings = settings;
        this.spaceIsSuffix = spaceIsSuffix;
        this.kept = kept;
        charsmap = settings.charsmap().length > 0 ? new Charsmap(settings.charsmap()) : null;
        findPlainCharacters();
    }

    private void findPlainCharacters() {
        byte[] buffer = new byte[4];
        for (int c = 0; c < 128; c++) {
            buffer[0] = (byte) c;
            boolean same = !kept.startsWith((byte) c) && !changes(buffer, 1);
            for (int next = 0; next < 128 && same && charsmap != null; next++) {
                buffer[1] = (byte) next;
                same = !charsmap.hasPrefix(buffer, 0, 2);
            }
            plainAscii[c] = same && c != ' ';
            plainSpace |=
                    same
                            && c == ' '
                            && settings.escapeWhitespaces()
                            && !settings.removeExtraWhitespaces();
            for (int lead = 0xC2; lead < 0xF5 && charsmap != null; lead++) {
                buffer[1] = (byte) lead;
                joinsAscii[lead] |= charsmap.hasPrefix(buffer, 0, 2);
            }
        }
        for (int c = 128; c < 0x10000; c++) {
            int length = Utf8.put(c, buffer, 0);
            if (charsmap == null || !charsmap.hasPrefix(buffer, 0, length)) {
                plain[c >> 6] |= 1L << c;
            }
        }
    }

    private boolean changes(byte[] text, int length) {
        return charsmap != null && charsmap.longestRule(text, 0, length) != 0;
    }

    /// Appends the normal form of `text[from, to)` to `out`. The text is valid UTF-8.
    void normalize(byte[] text, int from, int to, ByteBuilder out) {
        boolean removeExtra = settings.removeExtraWhitespaces();
        int start = removeExtra ? skipLeadingSpaces(text, from, to) : from;
        if (start == to) {
            return;
        }
        int outStart = out.size;
        out.reserve(Math.min(to - start, Integer.MAX_VALUE - 64) + 16);
        boolean prefix = settings.addDummyPrefix();
        if (prefix && !spaceIsSuffix) {
            addSpace(out);
        }
        boolean previousIsSpace = removeExtra;
        int i = start;
        while (i < to) {
            int copied = copyPlain(text, i, to, out);
            if (copied > i) {
                previousIsSpace = false;
                i = copied;
                continue;
            }
            if (kept.startsWith(text[i])) {
                int length = kept.longestMatch(text, i, to);
                if (length > 0) {
                    previousIsSpace = emit(text, i, i + length, previousIsSpace, out);
                    i += length;
                    continue;
                }
            }
            long rule = charsmap != null ? charsmap.longestRule(text, i, to) : 0;
            if (rule != 0 && charsmap != null) {
                int at = (int) rule;
                previousIsSpace =
                        emit(charsmap.replacements(), at, charsmap.end(at), previousIsSpace, out);
                i += (int) (rule >>> 32);
            } else {
                int end = Math.min(to, i + Utf8.length(text[i]));
                previousIsSpace = emit(text, i, end, previousIsSpace, out);
                i = end;
            }
            previousIsSpace &= removeExtra;
        }
        if (removeExtra) {
            removeTrailingSpaces(out, outStart);
        }
        if (prefix && spaceIsSuffix) {
            addSpace(out);
        }
    }

    /// Copies a run of characters that need no second look, a block at most; returns its end.
    private int copyPlain(byte[] text, int from, int to, ByteBuilder out) {
        int end = Math.min(to, from + BLOCK);
        out.reserve(3 * (end - from) + 3);
        byte[] data = out.data;
        int size = out.size;
        int i = from;
        while (i < end) {
            byte b = text[i];
            if (b >= 0) {
                if (i + 1 < to && text[i + 1] < 0 && joinsAscii[text[i + 1] & 0xff]) {
                    break;
                }
                if (plainAscii[b]) {
                    data[size++] = b;
                } else if (b == ' ' && plainSpace) {
                    data[size] = SPACE_0;
                    data[size + 1] = SPACE_1;
                    data[size + 2] = SPACE_2;
                    size += 3;
                } else {
                    break;
                }
                i++;
            } else {
                int lead = b & 0xff;
                int length = lead < 0xE0 ? 2 : 3;
                if (lead >= 0xF0 || i + length > end || kept.startsWith(b)) {
                    break;
                }
                int c =
                        length == 2
                                ? (lead & 0x1F) << 6 | (text[i + 1] & 0x3F)
                                : (lead & 0x0F) << 12
                                        | (text[i + 1] & 0x3F) << 6
                                        | (text[i + 2] & 0x3F);
                if (((plain[c >> 6] >>> c) & 1) == 0) {
                    break;
                }
                data[size++] = b;
                data[size++] = text[i + 1];
                if (length == 3) {
                    data[size++] = text[i + 2];
                }
                i += length;
            }
        }
        out.size = size;
        return i;
    }

    /// Appends bytes with spaces escaped; leading ones vanish after a space. Returns whether the
    /// text now ends in a space, or stays as it was where nothing was left to append.
    private boolean emit(
            byte[] from, int start, int end, boolean previousIsSpace, ByteBuilder out) {
        int i = start;
        while (previousIsSpace && i < end && from[i] == ' ') {
            i++;
        }
        if (i == end) {
            return previousIsSpace;
        }
        for (; i < end; i++) {
            if (from[i] == ' ') {
                addSpace(out);
            } else {
                out.add(from[i]);
            }
        }
        return from[end - 1] == ' ';
    }

    private void addSpace(ByteBuilder out) {
        if (settings.escapeWhitespaces()) {
            out.reserve(3);
            out.data[out.size++] = SPACE_0;
            out.data[out.size++] = SPACE_1;
            out.data[out.size++] = SPACE_2;
        } else {
            out.add(' ');
        }
    }

    private int skipLeadingSpaces(byte[] text, int from, int to) {
        int i = from;
        while (i < to) {
            int kept = this.kept.longestMatch(text, i, to);
            if (kept > 0) {
                if (kept != 1 || text[i] != ' ') {
                    break;
                }
                i++;
                continue;
            }
            long rule = charsmap != null ? charsmap.longestRule(text, i, to) : 0;
            int at = (int) rule;
            boolean space =
                    (rule == 0 || charsmap == null)
                            ? text[i] == ' '
                            : charsmap.replacements()[at] == ' ' && charsmap.end(at) == at + 1;
            if (!space) {
                break;
            }
            i += rule == 0 ? 1 : (int) (rule >>> 32);
        }
        return i;
    }

    private void removeTrailingSpaces(ByteBuilder out, int outStart) {
        byte[] data = out.data;
        if (settings.escapeWhitespaces()) {
            while (out.size - outStart >= 3
                    && data[out.size - 1] == SPACE_2
                    && data[out.size - 2] == SPACE_1
                    && data[out.size - 3] == SPACE_0) {
                out.size -= 3;
            }
        } else {
            while (out.size > outStart && data[out.size - 1] == ' ') {
                out.size--;
            }
        }
    }
}

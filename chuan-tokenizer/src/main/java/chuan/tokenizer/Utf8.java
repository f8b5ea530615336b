package chuan.tokenizer;

/// UTF-8 by hand where the JDK's converters would allocate or replace by `?`.
final class Utf8 {
    /// U+FFFD.
    static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    /// Appends `text` as UTF-8; a surrogate without its partner becomes U+FFFD.
    static void append(CharSequence text, int from, int to, ByteBuilder out) {
        int i = from;
        while (i < to) {
            out.reserve(Math.min(to - i, 1 << 16) * 3 + 4);
            byte[] data = out.data;
            int size = out.size;
            int stop = Math.min(to, i + (1 << 16));
            while (i < stop) {
                int c = text.charAt(i++);
                if (c < 0x80) {
                    data[size++] = (byte) c;
                    continue;
                }
                if (Character.isSurrogate((char) c)) {
                    if (Character.isHighSurrogate((char) c)
                            && i < to
                            && Character.isLowSurrogate(text.charAt(i))) {
                        c = Character.toCodePoint((char) c, text.charAt(i++));
                    } else {
                        c = REPLACEMENT;
                    }
                }
                size = put(c, data, size);
            }
            out.size = size;
        }
    }

    /// Writes one code point at `at` and returns the position behind it; up to four bytes.
    static int put(int codePoint, byte[] data, int at) {
        int i = at;
        if (codePoint < 0x80) {
            data[i++] = (byte) codePoint;
        } else if (codePoint < 0x800) {
            data[i++] = (byte) (0xC0 | codePoint >> 6);
            data[i++] = (byte) (0x80 | (codePoint & 0x3F));
        } else if (codePoint < 0x10000) {
            data[i++] = (byte) (0xE0 | codePoint >> 12);
            data[i++] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
            data[i++] = (byte) (0x80 | (codePoint & 0x3F));
        } else {
            data[i++] = (byte) (0xF0 | codePoint >> 18);
            data[i++] = (byte) (0x80 | (codePoint >> 12 & 0x3F));
            data[i++] = (byte) (0x80 | (codePoint >> 6 & 0x3F));
            data[i++] = (byte) (0x80 | (codePoint & 0x3F));
        }
        return i;
    }

    /// Bytes that a character starting with this byte should have; 1 for a stray trail byte.
    static int length(byte lead) {
        if (lead >= 0) {
            return 1;
        }
        int high = lead & 0xff;
        return high < 0xC0 ? 1 : high < 0xE0 ? 2 : high < 0xF0 ? 3 : 4;
    }

    /// Reads the character at `from` strictly: no overlong forms, no surrogates, at most U+10FFFF.
    ///
    /// @return `code point << 3 | length`, or -1 if the bytes are wrong, or -2 if they are right so
    ///   far but `to` comes too early
    static int decode(byte[] data, int from, int to) {
        int lead = data[from] & 0xff;
        if (lead < 0x80) {
            return lead << 3 | 1;
        }
        int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (length == 0) {
            return -1;
        }
        int codePoint = lead & 0xff >> (length + 1);
        for (int i = 1; i < length; i++) {
            if (from + i == to) {
                return -2;
            }
            int trail = data[from + i] & 0xff;
            if ((trail & 0xC0) != 0x80 || (i == 1 && badSecond(lead, trail))) {
                return -1;
            }
            codePoint = codePoint << 6 | (trail & 0x3F);
        }
        return codePoint << 3 | length;
    }

    /// Second bytes that make an overlong form, a surrogate or more than U+10FFFF.
    private static boolean badSecond(int lead, int trail) {
        return switch (lead) {
            case 0xE0 -> trail < 0xA0;
            case 0xED -> trail >= 0xA0;
            case 0xF0 -> trail < 0x90;
            case 0xF4 -> trail >= 0x90;
            default -> false;
        };
    }
}

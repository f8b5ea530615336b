package chuan.corpus;

import java.text.Normalizer;

/// Stage 1: one spelling for the same character. NFC; line ends to LF; every kind of space to a
/// plain one; controls, soft hyphens and zero-width marks gone; full-width letters and digits to
/// ASCII (full-width punctuation stays: it is how Chinese is written); `什幺` to `什么`. Joins nothing
/// and removes no line, so that [Clean] still sees the layout.
final class Normalize {
    private Normalize() {}

    static String text(String raw) {
        String composed = Normalizer.normalize(raw, Normalizer.Form.NFC);
        StringBuilder out = new StringBuilder(composed.length());
        for (int i = 0; i < composed.length(); ) {
            int c = composed.codePointAt(i);
            i += Character.charCount(c);
            if (c == '\r') {
                if (i >= composed.length() || composed.charAt(i) != '\n') {
                    out.append('\n');
                }
            } else if (c == 0x2028 || c == 0x2029 || c == 0x85) {
                out.append('\n');
            } else if (c == '\n' || c == '\t') {
                out.append((char) c);
            } else if (isDropped(c)) {
                continue;
            } else if (c == 0x3000 || Character.getType(c) == Character.SPACE_SEPARATOR) {
                out.append(' ');
            } else if (isFullWidthAlphanumeric(c)) {
                out.append((char) (c - 0xFEE0));
            } else if (c == '幺' && !out.isEmpty() && isBeforeMe(out.charAt(out.length() - 1))) {
                out.append('么');
            } else {
                out.appendCodePoint(c);
            }
        }
        return out.toString();
    }

    private static boolean isDropped(int c) {
        return Character.isISOControl(c)
                || c == 0xAD
                || (c >= 0x200B && c <= 0x200F)
                || (c >= 0x202A && c <= 0x202E)
                || (c >= 0x2060 && c <= 0x2064)
                || (c >= 0xFE00 && c <= 0xFE0F)
                || c == 0xFEFF
                || (c >= 0xD800 && c <= 0xDFFF)
                || (c & 0xFFFE) == 0xFFFE;
    }

    private static boolean isFullWidthAlphanumeric(int c) {
        return (c >= 0xFF10 && c <= 0xFF19)
                || (c >= 0xFF21 && c <= 0xFF3A)
                || (c >= 0xFF41 && c <= 0xFF5A);
    }

    private static boolean isBeforeMe(char c) {
        return "什甚这那怎多要".indexOf(c) >= 0;
    }
}

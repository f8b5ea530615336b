package chuan.tokenizer;

import java.util.Locale;

/// The spelling of byte pieces: `<0x00>` to `<0xFF>`, upper case.
final class BytePieces {
    private BytePieces() {}

    static String spell(int value) {
        return String.format(Locale.ROOT, "<0x%02X>", value);
    }

    /// The byte that `piece` spells, or -1.
    static int byteOf(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = hex(piece.charAt(3));
        int low = hex(piece.charAt(4));
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int hex(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    }
}

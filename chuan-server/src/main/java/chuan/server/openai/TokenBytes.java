package chuan.server.openai;

import chuan.tokenizer.PieceKind;
import chuan.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;

/// The bytes that tokens of one answer stand for, such that those of all tokens put together are
/// the answer in UTF-8. They need not be whole characters. One object per answer, since the space
/// in front of an answer's first word is not part of it.
final class TokenBytes {
    private final Tokenizer tokenizer;
    private boolean atStart;

    /// @param atStart the answer is a text of its own and not the continuation of another
    TokenBytes(Tokenizer tokenizer, boolean atStart) {
        this.tokenizer = tokenizer;
        this.atStart = atStart;
    }

    /// Those of a token that could stand at the present place.
    byte[] of(int id) {
        String piece = tokenizer.piece(id);
        return switch (tokenizer.kind(id)) {
            case CONTROL -> new byte[0];
            case BYTE -> new byte[] {(byte) Integer.parseInt(piece, 3, piece.length() - 1, 16)};
            case UNKNOWN -> tokenizer.decode(id).getBytes(StandardCharsets.UTF_8);
            case NORMAL, USER_DEFINED, UNUSED -> {
                String text =
                        atStart && dropsSpace() && piece.startsWith("▁")
                                ? piece.substring(1)
                                : piece;
                yield text.replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
            }
        };
    }

    private boolean dropsSpace() {
        var normalizer = tokenizer.model().normalizer();
        return normalizer.addDummyPrefix() || normalizer.removeExtraWhitespaces();
    }

    /// The token that was chosen: the next ones stand behind it.
    void advance(int id) {
        if (!atStart || tokenizer.kind(id) == PieceKind.CONTROL) return;
        boolean onlySpace = of(id).length == 0;
        atStart = onlySpace && tokenizer.model().normalizer().removeExtraWhitespaces();
    }

    /// For people: what is no whole character shows as U+FFFD.
    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

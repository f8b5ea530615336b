package chuan.tokenizer;

/// What a vocabulary entry is for; the numbers are those of `ModelProto.SentencePiece.Type` and of
/// GGUF's `tokenizer.ggml.token_type`.
public enum PieceKind {
    /// Found by merging.
    NORMAL(1),
    /// Stands for text that has no piece.
    UNKNOWN(2),
    /// Put by the program only, invisible when decoded: `<s>`, `</s>`.
    CONTROL(3),
    /// Cut out of the text before merging, longest first, and never normalised.
    USER_DEFINED(4),
    /// Takes part in merging but is split again in the result.
    UNUSED(5),
    /// One byte of a character without a piece, spelled `<0x0A>`.
    BYTE(6);

    private final int number;

    PieceKind(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /// Whether a number read from a file names a kind.
    static boolean isKnown(long number) {
        return number >= 1 && number <= 6;
    }

    static PieceKind of(int number) {
        for (PieceKind kind : values()) {
            if (kind.number == number) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no piece kind has the number " + number);
    }
}

package chuan.tokenizer;

import java.util.List;

/// A vocabulary with its settings: what `tokenizer.model` or a GGUF file says, before any table is
/// built. The id of a piece is its place in the list.
///
/// @param origin file the model came from, for messages
/// @param pieces at least one, exactly one of them UNKNOWN, no two normal ones spelled alike
/// @param normalizer rewriting of the text before merging
/// @param byteFallback characters without a piece become BYTE pieces instead of the unknown id
/// @param spaceIsSuffix the dummy space goes behind the text (`treat_whitespace_as_suffix`)
/// @param unknownSurface what the unknown piece decodes to; SentencePiece's default is " ⁇ "
/// @param training what to record about the training in a written file
public record SentencePieceModel(
        String origin,
        List<Piece> pieces,
        NormalizerSettings normalizer,
        boolean byteFallback,
        boolean spaceIsSuffix,
        String unknownSurface,
        TrainingRecord training) {

    /// U+2047 between spaces.
    static final String DEFAULT_UNKNOWN_SURFACE = " \u2047 ";

    /// One entry: its spelling, its score (higher merges first) and what it is for.
    public record Piece(String text, float score, PieceKind kind) {}

    /// Facts about the training that `tokenizer.model` carries along.
    ///
    /// @param unknownPiece spelling of the unknown piece, and so on for the other three
    public record TrainingRecord(
            int maximumPieceLength,
            float characterCoverage,
            boolean splitByUnicodeScript,
            boolean splitByWhitespace,
            boolean splitByNumber,
            boolean splitDigits,
            boolean whitespaceOnlyPieces,
            String unknownPiece,
            String beginPiece,
            String endPiece,
            String padPiece) {

        /// SentencePiece's defaults.
        static TrainingRecord defaults() {
            return new TrainingRecord(
                    16, 0.9995f, true, true, true, false, false, "<unk>", "<s>", "</s>", "<pad>");
        }
    }

    public SentencePieceModel {
        pieces = List.copyOf(pieces);
    }

    /// This model with another normaliser, e.g. to compare space handling.
    public SentencePieceModel withNormalizer(NormalizerSettings other) {
        return new SentencePieceModel(
                origin, pieces, other, byteFallback, spaceIsSuffix, unknownSurface, training);
    }
}

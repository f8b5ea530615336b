package chuan.tokenizer;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What [BpeTrainer] should make; names and defaults follow SentencePiece's trainer.
///
/// @param vocabularySize pieces in all, special ones and bytes included
/// @param characterCoverage share of the text's characters that get a piece; rarer ones are left to
///   byte fallback
/// @param maximumPieceLength characters in a piece at most
/// @param maximumSentenceBytes longer texts are left out; 0 = no limit (SentencePiece: 4192)
/// @param splitByUnicodeScript no piece holds letters of two scripts
/// @param splitByWhitespace no piece reaches over a space
/// @param splitByNumber digits count as a script of their own
/// @param splitDigits each digit is a piece
/// @param whitespaceOnlyPieces runs of spaces may become pieces
/// @param byteFallback add 256 pieces for the bytes of characters without a piece
/// @param protectUserSymbols find user-defined symbols before normalisation, as encoding does, so
///   that whole documents with line breaks can be given; false = as SentencePiece, which normalises
///   first (a line break becomes a space)
/// @param controlSymbols pieces only the program puts
/// @param userSymbols pieces cut out of the text before merging
/// @param padPiece whether `<pad>` gets an id behind `</s>`
/// @param threads threads for reading and counting
public record BpeTrainerOptions(
        int vocabularySize,
        float characterCoverage,
        int maximumPieceLength,
        int maximumSentenceBytes,
        boolean splitByUnicodeScript,
        boolean splitByWhitespace,
        boolean splitByNumber,
        boolean splitDigits,
        boolean whitespaceOnlyPieces,
        boolean byteFallback,
        boolean protectUserSymbols,
        List<String> controlSymbols,
        List<String> userSymbols,
        boolean padPiece,
        NormalizerSettings normalizer,
        int threads) {

    public BpeTrainerOptions {
        check(vocabularySize > 0, "vocabularySize", vocabularySize);
        check(characterCoverage >= 0.98 && characterCoverage <= 1, "coverage", characterCoverage);
        check(maximumPieceLength >= 1 && maximumPieceLength <= 512, "length", maximumPieceLength);
        check(maximumSentenceBytes >= 0, "maximumSentenceBytes", maximumSentenceBytes);
        check(threads >= 1, "threads", threads);
        check(normalizer.escapeWhitespaces(), "escapeWhitespaces", false);
        controlSymbols = List.copyOf(controlSymbols);
        userSymbols = List.copyOf(userSymbols);
        Set<String> seen = new HashSet<>(List.of("<unk>", "<s>", "</s>", "<pad>"));
        for (List<String> symbols : List.of(controlSymbols, userSymbols)) {
            for (String symbol : symbols) {
                check(!symbol.isEmpty() && seen.add(symbol), "symbol empty or twice", symbol);
            }
        }
    }

    private static void check(boolean right, String what, Object value) {
        if (!right) {
            throw new IllegalArgumentException(what + ": " + value);
        }
    }

    /// SentencePiece's defaults for BPE, but without its limit on the length of a sentence.
    public static BpeTrainerOptions sentencePieceDefaults(int vocabularySize) {
        return new BpeTrainerOptions(
                vocabularySize,
                0.9995f,
                16,
                0,
                true,
                true,
                true,
                false,
                false,
                false,
                false,
                List.of(),
                List.of(),
                false,
                NormalizerSettings.sentencePieceDefault(),
                Runtime.getRuntime().availableProcessors());
    }

    /// The settings of the official Baichuan vocabulary: nmt_nfkc, spaces kept, digits split, byte
    /// fallback, and the symbols of [BaichuanSymbols]. Whole documents may be given.
    public static BpeTrainerOptions baichuan(int vocabularySize) {
        return new BpeTrainerOptions(
                vocabularySize,
                0.9995f,
                16,
                0,
                true,
                true,
                true,
                true,
                false,
                true,
                true,
                List.of(),
                BaichuanSymbols.all(),
                false,
                NormalizerSettings.baichuan(),
                Runtime.getRuntime().availableProcessors());
    }

    public BpeTrainerOptions withCharacterCoverage(float coverage) {
        return new BpeTrainerOptions(
                vocabularySize,
                coverage,
                maximumPieceLength,
                maximumSentenceBytes,
                splitByUnicodeScript,
                splitByWhitespace,
                splitByNumber,
                splitDigits,
                whitespaceOnlyPieces,
                byteFallback,
                protectUserSymbols,
                controlSymbols,
                userSymbols,
                padPiece,
                normalizer,
                threads);
    }

    public BpeTrainerOptions withUserSymbols(List<String> symbols) {
        return new BpeTrainerOptions(
                vocabularySize,
                characterCoverage,
                maximumPieceLength,
                maximumSentenceBytes,
                splitByUnicodeScript,
                splitByWhitespace,
                splitByNumber,
                splitDigits,
                whitespaceOnlyPieces,
                byteFallback,
                protectUserSymbols,
                controlSymbols,
                symbols,
                padPiece,
                normalizer,
                threads);
    }

    public BpeTrainerOptions withThreads(int count) {
        return new BpeTrainerOptions(
                vocabularySize,
                characterCoverage,
                maximumPieceLength,
                maximumSentenceBytes,
                splitByUnicodeScript,
                splitByWhitespace,
                splitByNumber,
                splitDigits,
                whitespaceOnlyPieces,
                byteFallback,
                protectUserSymbols,
                controlSymbols,
                userSymbols,
                padPiece,
                normalizer,
                count);
    }

    SentencePieceModel.TrainingRecord record() {
        return new SentencePieceModel.TrainingRecord(
                maximumPieceLength,
                characterCoverage,
                splitByUnicodeScript,
                splitByWhitespace,
                splitByNumber,
                splitDigits,
                whitespaceOnlyPieces,
                "<unk>",
                "<s>",
                "</s>",
                "<pad>");
    }
}

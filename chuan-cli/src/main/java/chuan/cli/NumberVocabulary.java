package chuan.cli;

import chuan.tokenizer.NormalizerSettings;
import chuan.tokenizer.PieceKind;
import chuan.tokenizer.SentencePieceModel;
import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;

/// A stand-in for the vocabulary of a model that has none: each id is spelled as its number, so
/// what the model writes can be read, and given back with `--ids`.
final class NumberVocabulary {
    private static final char SPACE = '\u2581';

    private NumberVocabulary() {}

    static Tokenizer of(int size) {
        var pieces = new ArrayList<Piece>(size);
        pieces.add(new Piece(SPACE + "0", 0, PieceKind.UNKNOWN));
        for (int id = 1; id < size; id++)
            pieces.add(new Piece(SPACE + String.valueOf(id), 0, PieceKind.USER_DEFINED));
        var training =
                new TrainingRecord(
                        16, 1, true, true, true, false, false, SPACE + "0", "<s>", "</s>", "<pad>");
        return Tokenizer.of(
                new SentencePieceModel(
                        "numbers",
                        pieces,
                        NormalizerSettings.identity(),
                        false,
                        false,
                        " 0",
                        training));
    }
}

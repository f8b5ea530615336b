package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A SentencePiece vocabulary as the keys `tokenizer.ggml.*` of a GGUF file. llama.cpp merges by
/// them as SentencePiece does, and cuts user-defined symbols out of the text first, because unlike
/// its converter this says which pieces those are. The rules of normalisation stand in keys too,
/// but llama.cpp does not apply them to this kind of vocabulary.
public final class GgufVocabularyKeys {
    private static final String PREFIX = "tokenizer.ggml.";

    /// llama.cpp's score for ids behind the vocabulary.
    private static final float PADDING_SCORE = -10_000;

    private GgufVocabularyKeys() {}

    /// Values are String, Boolean, Integer (a natural number), String[], float[], int[] or byte[].
    ///
    /// @param rows of the model's embedding; ids behind the vocabulary are filled up
    /// @param addBegin whether llama.cpp puts the begin token in front of every text
    /// @throws MalformedTokenizerException if the vocabulary is larger than the model
    public static Map<String, Object> of(SentencePieceModel model, int rows, boolean addBegin) {
        List<Piece> pieces = model.pieces();
        if (pieces.size() > rows)
            throw new MalformedTokenizerException(
                    model.origin(),
                    0,
                    pieces.size() + " pieces, but the model has " + rows + " tokens");
        var texts = new String[rows];
        var scores = new float[rows];
        var kinds = new int[rows];
        for (int id = 0; id < rows; id++) {
            boolean real = id < pieces.size();
            texts[id] = real ? pieces.get(id).text() : "[PAD" + id + "]";
            scores[id] = real ? pieces.get(id).score() : PADDING_SCORE;
            kinds[id] = (real ? pieces.get(id).kind() : PieceKind.UNUSED).number();
        }
        var keys = new LinkedHashMap<String, Object>();
        keys.put(PREFIX + "model", "llama");
        keys.put(PREFIX + "pre", "default");
        keys.put(PREFIX + "tokens", texts);
        keys.put(PREFIX + "scores", scores);
        keys.put(PREFIX + "token_type", kinds);
        putId(keys, "bos_token_id", pieces, model.training().beginPiece());
        putId(keys, "eos_token_id", pieces, model.training().endPiece());
        putId(keys, "unknown_token_id", pieces, model.training().unknownPiece());
        putId(keys, "padding_token_id", pieces, model.training().padPiece());
        keys.put(PREFIX + "add_bos_token", addBegin);
        keys.put(PREFIX + "add_eos_token", false);
        keys.put(PREFIX + "add_space_prefix", model.normalizer().addDummyPrefix());
        keys.put(PREFIX + "remove_extra_whitespaces", model.normalizer().removeExtraWhitespaces());
        byte[] rules = model.normalizer().charsmap();
        if (rules.length > 0) keys.put(PREFIX + "precompiled_charsmap", rules);
        return keys;
    }

    private static void putId(
            Map<String, Object> keys, String key, List<Piece> pieces, String text) {
        for (int id = 0; id < pieces.size(); id++) {
            var kind = pieces.get(id).kind();
            boolean special = kind == PieceKind.CONTROL || kind == PieceKind.UNKNOWN;
            if (special && pieces.get(id).text().equals(text)) {
                keys.put(PREFIX + key, id);
                return;
            }
        }
    }
}

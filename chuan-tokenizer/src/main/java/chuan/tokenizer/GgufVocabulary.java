package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The SentencePiece vocabulary inside a GGUF file, of which only the metadata is read: the model
/// file as it was (`chuan.tokenizer_model`), if it is there, else what llama.cpp keeps of it
/// (`tokenizer.ggml.*`).
///
/// llama.cpp's converter marks user-defined pieces NORMAL and drops the normalisation rules. The
/// first come back everywhere: a trainer of SentencePiece models puts pieces that were asked for
/// before the byte pieces, and those it finds itself behind them. The rules come back for the
/// Baichuan vocabulary, which is recognised by its reserved pieces: nmt_nfkc with a dummy prefix.
/// Other files without rules get none, as LLaMA's.
final class GgufVocabulary {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final String WHOLE_MODEL = "chuan.tokenizer_model";
    private static final int BAICHUAN_FIRST_SYMBOL = 3;
    private static final int BAICHUAN_FIRST_BYTE = 393;

    private GgufVocabulary() {}

    /// Whether a file starts with GGUF's magic.
    static boolean isGguf(Path file) throws IOException {
        return GgufMetadata.isGguf(file);
    }

    /// Reads and checks the vocabulary.
    ///
    /// @throws MalformedTokenizerException if there is none that can be used
    static SentencePieceModel read(Path file) throws IOException {
        var whole = GgufMetadata.read(file, WHOLE_MODEL).get(WHOLE_MODEL);
        if (whole == null) {
            return parse(file.toString(), GgufMetadata.read(file, PREFIX));
        }
        if (whole instanceof byte[] model) {
            return SentencePieceFile.parse(file + ": " + WHOLE_MODEL, model);
        }
        throw problem(file.toString(), WHOLE_MODEL + " is not an array of bytes");
    }

    static SentencePieceModel parse(String origin, Map<String, Object> metadata) {
        String kind = metadata.get(PREFIX + "model") instanceof String text ? text : "(none)";
        if (!kind.equals("llama")) {
            throw problem(
                    origin, "tokenizer.ggml.model is " + kind + "; only llama (SentencePiece BPE)");
        }
        String[] texts = required(origin, metadata, "tokens", String[].class);
        float[] scores = required(origin, metadata, "scores", float[].class);
        int[] kinds = required(origin, metadata, "token_type", int[].class);
        if (texts.length == 0) {
            throw problem(origin, "tokenizer.ggml.tokens is empty");
        }
        if (scores.length != texts.length || kinds.length != texts.length) {
            throw problem(
                    origin,
                    texts.length
                            + " tokens but "
                            + scores.length
                            + " scores and "
                            + kinds.length
                            + " types");
        }
        int firstByte = firstByte(kinds);
        List<Piece> pieces = new ArrayList<>(texts.length);
        boolean byteFallback = false;
        for (int id = 0; id < texts.length; id++) {
            if (texts[id].isEmpty() || Float.isNaN(scores[id]) || !PieceKind.isKnown(kinds[id])) {
                throw problem(
                        origin,
                        "token "
                                + id
                                + " is empty, or its score or type ("
                                + kinds[id]
                                + ") is bad");
            }
            boolean symbol = id < firstByte && kinds[id] == PieceKind.NORMAL.number();
            PieceKind piece = symbol ? PieceKind.USER_DEFINED : PieceKind.of(kinds[id]);
            byteFallback |= piece == PieceKind.BYTE;
            pieces.add(new Piece(texts[id], scores[id], piece));
        }
        NormalizerSettings normalizer =
                isUnmarkedBaichuan(texts, kinds)
                        ? NormalizerSettings.baichuan()
                        : normalizer(origin, metadata);
        return new SentencePieceModel(
                origin,
                SentencePieceFile.checked(pieces, origin, byteFallback),
                normalizer,
                byteFallback,
                false,
                SentencePieceModel.DEFAULT_UNKNOWN_SURFACE,
                training(origin, metadata, pieces));
    }

    /// The id of the first byte piece; 0 if there is none, and with it nothing to tell pieces by.
    private static int firstByte(int[] kinds) {
        for (int id = 0; id < kinds.length; id++) {
            if (kinds[id] == PieceKind.BYTE.number()) {
                return id;
            }
        }
        return 0;
    }

    private static boolean isUnmarkedBaichuan(String[] texts, int[] kinds) {
        if (texts.length <= BAICHUAN_FIRST_BYTE
                || !texts[3].equals("<SEP>")
                || !texts[4].equals("<CLS>")
                || !texts[93].equals("<reserved_0>")
                || !texts[392].equals("<reserved_299>")
                || !texts[BAICHUAN_FIRST_BYTE].equals("<0x00>")) {
            return false;
        }
        for (int id = BAICHUAN_FIRST_SYMBOL; id < BAICHUAN_FIRST_BYTE; id++) {
            if (kinds[id] != PieceKind.NORMAL.number()) {
                return false;
            }
        }
        return true;
    }

    private static NormalizerSettings normalizer(String origin, Map<String, Object> metadata) {
        boolean prefix = !Boolean.FALSE.equals(metadata.get(PREFIX + "add_space_prefix"));
        boolean remove = Boolean.TRUE.equals(metadata.get(PREFIX + "remove_extra_whitespaces"));
        byte[] charsmap =
                metadata.get(PREFIX + "precompiled_charsmap") instanceof byte[] bytes
                        ? bytes
                        : new byte[0];
        Charsmap.check(origin, 0, charsmap);
        return new NormalizerSettings(
                charsmap.length == 0 ? "identity" : "precompiled", charsmap, prefix, remove, true);
    }

    /// The names of the special pieces, from their ids.
    private static TrainingRecord training(
            String origin, Map<String, Object> metadata, List<Piece> pieces) {
        TrainingRecord t = TrainingRecord.defaults();
        return new TrainingRecord(
                t.maximumPieceLength(),
                t.characterCoverage(),
                t.splitByUnicodeScript(),
                t.splitByWhitespace(),
                t.splitByNumber(),
                t.splitDigits(),
                t.whitespaceOnlyPieces(),
                pieceAt(origin, metadata, "unknown_token_id", pieces, t.unknownPiece()),
                pieceAt(origin, metadata, "bos_token_id", pieces, t.beginPiece()),
                pieceAt(origin, metadata, "eos_token_id", pieces, t.endPiece()),
                pieceAt(origin, metadata, "padding_token_id", pieces, t.padPiece()));
    }

    private static String pieceAt(
            String origin,
            Map<String, Object> metadata,
            String key,
            List<Piece> pieces,
            String otherwise) {
        if (!(metadata.get(PREFIX + key) instanceof Long id)) {
            return otherwise;
        }
        if (id < 0 || id >= pieces.size()) {
            throw problem(origin, PREFIX + key + " is " + id + ", outside the vocabulary");
        }
        return pieces.get(id.intValue()).text();
    }

    private static <T> T required(
            String origin, Map<String, Object> metadata, String key, Class<T> type) {
        @Nullable Object value = metadata.get(PREFIX + key);
        if (!type.isInstance(value)) {
            throw problem(origin, PREFIX + key + " is missing or of the wrong type");
        }
        return type.cast(value);
    }

    private static MalformedTokenizerException problem(String origin, String what) {
        return new MalformedTokenizerException(origin, 0, what);
    }
}

package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import chuan.tokenizer.SentencePieceModel.TrainingRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// `tokenizer.model`: SentencePiece's `ModelProto`, read and written. Field numbers are those of
/// sentencepiece_model.proto.
public final class SentencePieceFile {
    private static final long MAXIMUM_BYTES = 256L << 20;
    private static final int BPE = 2;

    private SentencePieceFile() {}

    /// Reads and checks a file.
    ///
    /// @throws MalformedTokenizerException if it is not a BPE model that can be used
    public static SentencePieceModel read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAXIMUM_BYTES) {
            throw new MalformedTokenizerException(
                    file.toString(), 0, "too large for a tokenizer: " + size + " bytes");
        }
        return parse(file.toString(), Files.readAllBytes(file));
    }

    /// As [#read], from memory; `origin` is named in messages.
    public static SentencePieceModel parse(String origin, byte[] data) {
        if (data.length == 0) {
            throw new MalformedTokenizerException(origin, 0, "the file is empty");
        }
        return new Parser(origin).parse(new ProtoReader(origin, data));
    }

    /// Writes a file that SentencePiece loads; it appears whole or not at all.
    public static void write(SentencePieceModel model, Path file) throws IOException {
        AtomicFiles.write(file, toBytes(model));
    }

    /// The file's bytes.
    public static byte[] toBytes(SentencePieceModel model) {
        var out = new ByteArrayOutputStream();
        for (Piece piece : model.pieces()) {
            var entry = new ProtoWriter();
            entry.string(1, piece.text());
            entry.float32(2, piece.score());
            if (piece.kind() != PieceKind.NORMAL) {
                entry.integer(3, piece.kind().number());
            }
            new ProtoWriter(out).message(1, entry);
        }
        new ProtoWriter(out).message(2, trainerSpec(model));
        new ProtoWriter(out).message(3, normalizerSpec(model.normalizer()));
        return out.toByteArray();
    }

    private static ProtoWriter trainerSpec(SentencePieceModel model) {
        TrainingRecord training = model.training();
        var spec = new ProtoWriter();
        spec.integer(3, BPE);
        spec.integer(4, model.pieces().size());
        spec.float32(10, training.characterCoverage());
        spec.integer(20, training.maximumPieceLength());
        spec.bool(21, training.splitByUnicodeScript());
        spec.bool(22, training.splitByWhitespace());
        spec.bool(23, training.splitByNumber());
        spec.bool(24, model.spaceIsSuffix());
        spec.bool(25, training.splitDigits());
        spec.bool(26, training.whitespaceOnlyPieces());
        spec.bool(35, model.byteFallback());
        spec.integer(40, idOf(model, training.unknownPiece()));
        spec.integer(41, idOf(model, training.beginPiece()));
        spec.integer(42, idOf(model, training.endPiece()));
        spec.integer(43, idOf(model, training.padPiece()));
        spec.string(44, model.unknownSurface());
        spec.string(45, training.unknownPiece());
        spec.string(46, training.beginPiece());
        spec.string(47, training.endPiece());
        spec.string(48, training.padPiece());
        return spec;
    }

    private static long idOf(SentencePieceModel model, String piece) {
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece entry = model.pieces().get(id);
            if (entry.text().equals(piece)
                    && (entry.kind() == PieceKind.CONTROL || entry.kind() == PieceKind.UNKNOWN)) {
                return id;
            }
        }
        return -1;
    }

    private static ProtoWriter normalizerSpec(NormalizerSettings normalizer) {
        var spec = new ProtoWriter();
        spec.string(1, normalizer.name());
        spec.bytes(2, normalizer.charsmap());
        spec.bool(3, normalizer.addDummyPrefix());
        spec.bool(4, normalizer.removeExtraWhitespaces());
        spec.bool(5, normalizer.escapeWhitespaces());
        return spec;
    }

    /// Collects the fields of one file; starts from the defaults of the format.
    private static final class Parser {
        private final String origin;
        private final List<Piece> pieces = new ArrayList<>();
        private int modelType = 1;
        private boolean byteFallback;
        private boolean spaceIsSuffix;
        private String unknownSurface = SentencePieceModel.DEFAULT_UNKNOWN_SURFACE;
        private TrainingRecord training = TrainingRecord.defaults();
        private NormalizerSettings normalizer =
                new NormalizerSettings("", new byte[0], true, true, true);

        Parser(String origin) {
            this.origin = origin;
        }

        SentencePieceModel parse(ProtoReader in) {
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> pieces.add(piece(in.message()));
                    case 2 -> trainerSpec(in.message());
                    case 3 -> normalizer = normalizerSpec(in.message());
                    case 5 -> refuseDenormalizer(in.message());
                    default -> in.skip();
                }
            }
            if (pieces.isEmpty()) {
                throw in.malformed(0, "no pieces: not a SentencePiece model, or an empty one");
            }
            if (modelType != BPE) {
                throw in.malformed(
                        0, "model type " + modelType + " is not BPE (2); only BPE is supported");
            }
            return new SentencePieceModel(
                    origin,
                    checked(pieces, origin, byteFallback),
                    normalizer,
                    byteFallback,
                    spaceIsSuffix,
                    unknownSurface,
                    training);
        }

        private static Piece piece(ProtoReader in) {
            String text = "";
            float score = 0;
            long kind = PieceKind.NORMAL.number();
            int start = in.position();
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> text = in.string();
                    case 2 -> score = in.float32();
                    case 3 -> kind = in.integer();
                    default -> in.skip();
                }
            }
            if (text.isEmpty()) {
                throw in.malformed(start, "a piece is empty");
            }
            if (!PieceKind.isKnown(kind)) {
                throw in.malformed(start, "piece type " + kind + " is unknown");
            }
            if (Float.isNaN(score)) {
                throw in.malformed(start, "a piece's score is not a number");
            }
            return new Piece(text, score, PieceKind.of((int) kind));
        }

        private void trainerSpec(ProtoReader in) {
            var t = TrainingRecord.defaults();
            int maximumLength = t.maximumPieceLength();
            float coverage = t.characterCoverage();
            boolean byScript = true;
            boolean byWhitespace = true;
            boolean byNumber = true;
            boolean digits = false;
            boolean whitespaceOnly = false;
            String unknown = t.unknownPiece();
            String begin = t.beginPiece();
            String endPiece = t.endPiece();
            String pad = t.padPiece();
            while (in.next()) {
                switch (in.field()) {
                    case 3 -> modelType = (int) in.integer();
                    case 10 -> coverage = in.float32();
                    case 20 -> maximumLength = (int) in.integer();
                    case 21 -> byScript = in.bool();
                    case 22 -> byWhitespace = in.bool();
                    case 23 -> byNumber = in.bool();
                    case 24 -> spaceIsSuffix = in.bool();
                    case 25 -> digits = in.bool();
                    case 26 -> whitespaceOnly = in.bool();
                    case 35 -> byteFallback = in.bool();
                    case 44 -> unknownSurface = in.string();
                    case 45 -> unknown = in.string();
                    case 46 -> begin = in.string();
                    case 47 -> endPiece = in.string();
                    case 48 -> pad = in.string();
                    default -> in.skip();
                }
            }
            training =
                    new TrainingRecord(
                            maximumLength,
                            coverage,
                            byScript,
                            byWhitespace,
                            byNumber,
                            digits,
                            whitespaceOnly,
                            unknown,
                            begin,
                            endPiece,
                            pad);
        }

        private NormalizerSettings normalizerSpec(ProtoReader in) {
            String name = "";
            byte[] charsmap = new byte[0];
            boolean prefix = true;
            boolean remove = true;
            boolean escape = true;
            int charsmapAt = in.position();
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> name = in.string();
                    case 2 -> {
                        charsmapAt = in.position();
                        charsmap = in.bytes();
                    }
                    case 3 -> prefix = in.bool();
                    case 4 -> remove = in.bool();
                    case 5 -> escape = in.bool();
                    default -> in.skip();
                }
            }
            Charsmap.check(origin, charsmapAt, charsmap);
            return new NormalizerSettings(name, charsmap, prefix, remove, escape);
        }

        private static void refuseDenormalizer(ProtoReader in) {
            int start = in.position();
            while (in.next()) {
                if (in.field() == 2 && in.bytes().length > 0) {
                    throw in.malformed(start, "a denormaliser is not supported");
                } else if (in.field() != 2) {
                    in.skip();
                }
            }
        }
    }

    /// Checks what SentencePiece checks when it loads a vocabulary.
    static List<Piece> checked(List<Piece> pieces, String origin, boolean byteFallback) {
        Set<String> normal = new HashSet<>();
        Set<String> reserved = new HashSet<>();
        int unknown = 0;
        int bytes = 0;
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            boolean merges =
                    switch (piece.kind()) {
                        case NORMAL, USER_DEFINED, UNUSED -> true;
                        case UNKNOWN, CONTROL, BYTE -> false;
                    };
            if (!(merges ? normal : reserved).add(piece.text())) {
                throw problem(origin, id, piece, "is defined twice");
            }
            if (piece.kind() == PieceKind.UNKNOWN && ++unknown > 1) {
                throw problem(origin, id, piece, "is a second unknown piece");
            }
            if (piece.kind() == PieceKind.BYTE) {
                bytes++;
                if (BytePieces.byteOf(piece.text()) < 0) {
                    throw problem(origin, id, piece, "is no byte piece");
                }
            }
        }
        if (unknown == 0) {
            throw new MalformedTokenizerException(origin, 0, "no unknown piece (<unk>)");
        }
        if (byteFallback != bytes > 0 || (byteFallback && bytes != 256)) {
            throw new MalformedTokenizerException(
                    origin, 0, bytes + " byte pieces; byte_fallback=" + byteFallback);
        }
        return pieces;
    }

    private static MalformedTokenizerException problem(
            String origin, int id, Piece piece, String what) {
        return new MalformedTokenizerException(
                origin, 0, "piece " + id + " '" + piece.text() + "' " + what);
    }
}

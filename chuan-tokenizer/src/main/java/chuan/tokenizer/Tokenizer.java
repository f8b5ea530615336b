package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Text to ids and back with one vocabulary. Bit-compatible with SentencePiece's BPE.
///
/// Immutable as seen from outside; any number of threads may use one tokenizer at the same time.
public final class Tokenizer {
    /// User-defined pieces that steer a model rather than stand for text: `<reserved_103>`,
    /// `<SEP>`, `<|user|>`. [SpecialText#PLAIN] keeps texts from spelling them.
    private static final Pattern MARKER =
            Pattern.compile("<(reserved_[0-9]+|[A-Z][A-Z0-9_]*|\\|[^>]*\\|)>");

    private final SentencePieceModel model;
    private final BpeTables tables;
    private final ByteTrie allUserSymbols = new ByteTrie();
    private final ByteTrie plainUserSymbols = new ByteTrie();
    private final TextNormalizer normalizer;
    private final TextNormalizer plainNormalizer;
    private final TextNormalizer exactNormalizer;
    private final Map<String, Integer> ids;
    private final int[] byteValues;
    private final int beginId;
    private final int endId;
    private final int unknownId;
    private final int padId;
    private final ConcurrentLinkedQueue<BpeEncoder> encoders = new ConcurrentLinkedQueue<>();

    private Tokenizer(SentencePieceModel model) {
        this.model = model;
        tables = new BpeTables(model);
        unknownId = tables.unknownId;
        List<Piece> pieces = model.pieces();
        ids = HashMap.newHashMap(pieces.size());
        byteValues = new int[pieces.size()];
        for (int id = 0; id < pieces.size(); id++) {
            index(id, pieces.get(id));
        }
        normalizer = new TextNormalizer(model.normalizer(), model.spaceIsSuffix(), allUserSymbols);
        plainNormalizer =
                new TextNormalizer(model.normalizer(), model.spaceIsSuffix(), plainUserSymbols);
        exactNormalizer =
                new TextNormalizer(
                        NormalizerSettings.exact(), model.spaceIsSuffix(), plainUserSymbols);
        var training = model.training();
        beginId = controlId(training.beginPiece());
        endId = controlId(training.endPiece());
        int pad = controlId(training.padPiece());
        padId = pad >= 0 ? pad : unknownId;
    }

    private void index(int id, Piece piece) {
        byteValues[id] = piece.kind() == PieceKind.BYTE ? BytePieces.byteOf(piece.text()) : -1;
        switch (piece.kind()) {
            case NORMAL, UNUSED -> ids.putIfAbsent(piece.text(), id);
            case USER_DEFINED -> {
                ids.putIfAbsent(piece.text(), id);
                byte[] key = BpeTables.utf8(piece.text());
                allUserSymbols.add(key, id);
                if (!MARKER.matcher(piece.text()).matches()) {
                    plainUserSymbols.add(key, id);
                }
            }
            case UNKNOWN, CONTROL, BYTE -> ids.put(piece.text(), id);
        }
    }

    private int controlId(String piece) {
        Integer id = ids.get(piece);
        return id != null && kind(id) == PieceKind.CONTROL ? id : -1;
    }

    /// A tokenizer for a model at hand.
    public static Tokenizer of(SentencePieceModel model) {
        return new Tokenizer(model);
    }

    /// Opens `tokenizer.model` of a model folder, or else its one `.gguf` file.
    ///
    /// @throws MalformedTokenizerException if there is none, or none that can be used
    public static Tokenizer loadFolder(Path folder) throws IOException {
        Path sentencePiece = folder.resolve("tokenizer.model");
        if (Files.exists(sentencePiece)) {
            return load(sentencePiece);
        }
        if (!Files.isDirectory(folder)) {
            throw new MalformedTokenizerException(folder.toString(), 0, "no such folder");
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(f -> f.getFileName().toString().endsWith(".gguf"))
                            .sorted()
                            .limit(2)
                            .toList();
            if (found.size() == 1) {
                return load(found.getFirst());
            }
            throw new MalformedTokenizerException(
                    sentencePiece.toString(),
                    0,
                    found.isEmpty()
                            ? "no tokenizer.model and no .gguf file in the folder"
                            : "no tokenizer.model, and more than one .gguf file in the folder");
        }
    }

    /// Opens a `tokenizer.model` or a `.gguf` file; which one it is shows in its first bytes.
    ///
    /// @throws MalformedTokenizerException if it cannot be used
    public static Tokenizer load(Path file) throws IOException {
        return of(
                GgufVocabulary.isGguf(file)
                        ? GgufVocabulary.read(file)
                        : SentencePieceFile.read(file));
    }

    /// Ids of a text; markers in it are ordinary text ([SpecialText#PLAIN]).
    public int[] encode(CharSequence text) {
        return encode(text, SpecialText.PLAIN);
    }

    /// Ids of a text. Any sequence of chars is fine: a lone surrogate counts as U+FFFD.
    public int[] encode(CharSequence text, SpecialText special) {
        BpeEncoder pooled = encoders.poll();
        BpeEncoder encoder = pooled == null ? new BpeEncoder(tables) : pooled;
        var out = new IntBuilder(text.length() / 3 + 8);
        switch (special) {
            case PLAIN ->
                    encoder.encode(text, 0, text.length(), plainNormalizer, plainUserSymbols, out);
            case SENTENCEPIECE ->
                    encoder.encode(text, 0, text.length(), normalizer, allUserSymbols, out);
            case OFFICIAL_CLASS -> encodeOfficial(text.toString(), encoder, out);
        }
        encoders.offer(encoder);
        return out.toArray();
    }

    /// Ids of a text that goes on with another one, to the letter: nothing is rewritten, no space
    /// is put in front.
    public int[] encodeExactly(CharSequence text) {
        BpeEncoder pooled = encoders.poll();
        BpeEncoder encoder = pooled == null ? new BpeEncoder(tables) : pooled;
        var out = new IntBuilder(text.length() / 3 + 8);
        encoder.encode(text, 0, text.length(), exactNormalizer, plainUserSymbols, out);
        encoders.offer(encoder);
        return out.toArray();
    }

    /// The official class cuts its special tokens out first; every stretch left is encoded alone.
    private void encodeOfficial(String text, BpeEncoder encoder, IntBuilder out) {
        int done = 0;
        int i = 0;
        while (i < text.length()) {
            int special = text.charAt(i) == '<' ? specialAt(text, i) : -1;
            if (special < 0) {
                i++;
                continue;
            }
            encodeStretch(text, done, i, encoder, out);
            out.add(special);
            i += piece(special).length();
            done = i;
        }
        encodeStretch(text, done, text.length(), encoder, out);
    }

    private void encodeStretch(String text, int from, int to, BpeEncoder encoder, IntBuilder out) {
        var part = new IntBuilder(16);
        encoder.encode(text, from, to, normalizer, allUserSymbols, part);
        out.add(part.data, 0, part.size);
    }

    private int specialAt(String text, int at) {
        for (int id : new int[] {beginId, endId, unknownId, padId}) {
            if (id >= 0 && text.startsWith(piece(id), at)) {
                return id;
            }
        }
        return -1;
    }

    /// The pieces of a text, one per id of [#encode]: a byte piece shows as `<0x0A>`.
    public List<String> pieces(CharSequence text, SpecialText special) {
        int[] encoded = encode(text, special);
        List<String> pieces = new ArrayList<>(encoded.length);
        for (int id : encoded) {
            pieces.add(piece(id));
        }
        return pieces;
    }

    /// What the text looks like when pieces are looked for: rewritten, with ▁ for spaces.
    public String normalize(CharSequence text) {
        var bytes = new ByteBuilder(text.length() + 16);
        Utf8.append(text, 0, text.length(), bytes);
        var out = new ByteBuilder(bytes.size + 16);
        normalizer.normalize(bytes.data, 0, bytes.size, out);
        return new String(out.data, 0, out.size, java.nio.charset.StandardCharsets.UTF_8);
    }

    /// The text of ids, as SentencePiece decodes: control pieces are invisible, the first space is
    /// dropped, bytes that form no character become U+FFFD.
    ///
    /// @throws IllegalArgumentException if an id is outside the vocabulary
    public String decode(int... ids) {
        var out = new StringBuilder(ids.length * 3);
        var decoder = streamingDecoder();
        for (int id : ids) {
            decoder.accept(id, out);
        }
        decoder.flush(out);
        return out.toString();
    }

    /// The text of ids as the official Python class decodes them: special pieces are spelled out
    /// (or left out if `skipSpecial`), with a space in front of the stretch before each.
    public String decodeOfficial(int[] ids, boolean skipSpecial) {
        var out = new StringBuilder();
        var stretch = new IntBuilder(ids.length);
        boolean previousIsSpecial = false;
        boolean first = true;
        for (int id : ids) {
            boolean special = id == beginId || id == endId || id == unknownId || id == padId;
            if (special && skipSpecial) {
                continue;
            }
            if (special) {
                if (!previousIsSpecial && !first) {
                    out.append(' ');
                }
                out.append(decode(stretch.toArray())).append(piece(id));
                stretch.size = 0;
            } else {
                stretch.add(id);
            }
            previousIsSpecial = special;
            first = false;
        }
        return out.append(decode(stretch.toArray())).toString();
    }

    /// A decoder for ids that arrive one by one.
    public StreamingDecoder streamingDecoder() {
        return new StreamingDecoder(this);
    }

    public int vocabSize() {
        return model.pieces().size();
    }

    /// Id of `<s>`, or -1 if the vocabulary has none.
    public int bosId() {
        return beginId;
    }

    /// Id of `</s>`, or -1 if the vocabulary has none.
    public int eosId() {
        return endId;
    }

    public int unkId() {
        return unknownId;
    }

    /// Id of the padding piece; the unknown id if there is none, as in the official model.
    public int padId() {
        return padId;
    }

    /// Spelling of a piece, ▁ for space.
    ///
    /// @throws IllegalArgumentException if the vocabulary has no such id
    public String piece(int id) {
        return entry(id).text();
    }

    public PieceKind kind(int id) {
        return entry(id).kind();
    }

    /// Id of the piece spelled like this, whatever its kind, or -1.
    public int idOf(String piece) {
        return ids.getOrDefault(piece, -1);
    }

    /// The vocabulary and settings, e.g. to write them to a file.
    public SentencePieceModel model() {
        return model;
    }

    /// A number that differs between tokenizers that encode differently; kept in shards.
    public long fingerprint() {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(SentencePieceFile.toBytes(model));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }

    private Piece entry(int id) {
        if (id < 0 || id >= byteValues.length) {
            throw new IllegalArgumentException(
                    "id " + id + " is outside the vocabulary of " + byteValues.length + " pieces");
        }
        return model.pieces().get(id);
    }

    /// The byte that a byte piece stands for, or -1.
    public int byteOf(int id) {
        entry(id);
        return byteValues[id];
    }

    /// Whether a piece steers the model rather than stands for text: `<reserved_103>`, `<|user|>`.
    public boolean isMarker(int id) {
        return kind(id) == PieceKind.USER_DEFINED && MARKER.matcher(piece(id)).matches();
    }

    String unknownSurface() {
        return model.unknownSurface();
    }

    /// Whether the space that a text begins with is left out when ids become text: it stands for
    /// the beginning of a word.
    public boolean dropsLeadingSpace() {
        return model.normalizer().addDummyPrefix() || model.normalizer().removeExtraWhitespaces();
    }

    /// Whether all spaces that a text begins with are left out.
    public boolean removesExtraSpaces() {
        return model.normalizer().removeExtraWhitespaces();
    }

    @Override
    public String toString() {
        return "Tokenizer[" + model.origin() + ", " + byteValues.length + " pieces]";
    }

    /// As [#decode] of a part of an array.
    public String decode(int[] ids, int from, int to) {
        return decode(Arrays.copyOfRange(ids, from, to));
    }
}

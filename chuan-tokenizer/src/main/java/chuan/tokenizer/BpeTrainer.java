package chuan.tokenizer;

import chuan.tokenizer.SentencePieceModel.Piece;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Trains a SentencePiece BPE vocabulary. Given the same sentences and options, the pieces are
/// those of SentencePiece's trainer; [SentencePieceFile] writes a file that its library loads.
public final class BpeTrainer {
    private static final int BOUNDARY = '\t';

    private final BpeTrainerOptions options;
    private final TrainProgress progress;

    public BpeTrainer(BpeTrainerOptions options) {
        this(options, TrainProgress.silent());
    }

    public BpeTrainer(BpeTrainerOptions options, TrainProgress progress) {
        this.options = options;
        this.progress = progress;
    }

    /// As [#train(Iterator)].
    public SentencePieceModel train(Iterable<String> texts) {
        return train(texts.iterator());
    }

    /// Reads all texts once and returns the model.
    ///
    /// @throws IllegalArgumentException if the texts are too few for the vocabulary size, or the
    ///   size too small for the characters
    public SentencePieceModel train(Iterator<String> texts) {
        Map<Integer, Piece> special = specialPieces();
        List<String> spellings = special.values().stream().map(Piece::text).toList();
        CorpusCounter.Counts counts = new CorpusCounter(options, spellings).count(texts, progress);
        int[] characters = coveredCharacters(counts.characters());
        int wanted = options.vocabularySize() - special.size() - characters.length;
        if (wanted < 0) {
            throw new IllegalArgumentException(
                    "vocabulary of "
                            + options.vocabularySize()
                            + " is too small: "
                            + special.size()
                            + " special pieces and "
                            + characters.length
                            + " characters; raise the size or lower the character coverage");
        }
        progress.report("counting pairs", 0, counts.chunks().size());
        MergeSearch search = search(counts.chunks(), characters);
        List<String> found = new ArrayList<>(search.find(wanted, progress));
        if (found.size() < wanted) {
            int possible = special.size() + characters.length + found.size();
            throw new IllegalArgumentException(
                    "vocabulary of "
                            + options.vocabularySize()
                            + " is too large for these texts; at most "
                            + possible
                            + " is possible");
        }
        for (int c : characters) {
            found.add(Character.toString(c));
        }
        return model(special, found);
    }

    /// The pieces that are not learned, by id: unknown, begin, end, pad first, then the control and
    /// user-defined symbols and the bytes in the gaps.
    private Map<Integer, Piece> specialPieces() {
        Map<Integer, Piece> special = new HashMap<>();
        special.put(0, new Piece("<unk>", 0, PieceKind.UNKNOWN));
        special.put(1, new Piece("<s>", 0, PieceKind.CONTROL));
        special.put(2, new Piece("</s>", 0, PieceKind.CONTROL));
        if (options.padPiece()) {
            special.put(3, new Piece("<pad>", 0, PieceKind.CONTROL));
        }
        for (String symbol : options.controlSymbols()) {
            special.put(special.size(), new Piece(symbol, 0, PieceKind.CONTROL));
        }
        for (String symbol : options.userSymbols()) {
            special.put(special.size(), new Piece(symbol, 0, PieceKind.USER_DEFINED));
        }
        for (int value = 0; value < 256 && options.byteFallback(); value++) {
            special.put(special.size(), new Piece(BytePieces.spell(value), 0, PieceKind.BYTE));
        }
        return special;
    }

    /// The most frequent characters that make up the wanted share of the text, in that order.
    private int[] coveredCharacters(long[] counts) {
        long all = Arrays.stream(counts).sum();
        int[] byFrequency =
                IntStream.range(0, counts.length)
                        .filter(c -> counts[c] > 0)
                        .boxed()
                        .sorted(
                                Comparator.comparingLong((Integer c) -> -counts[c])
                                        .thenComparingInt(c -> c))
                        .mapToInt(Integer::intValue)
                        .toArray();
        var covered = new IntBuilder(byFrequency.length);
        long sum = 0;
        for (int c : byFrequency) {
            // single precision, as SentencePiece compares
            if ((float) (1.0 * sum / all) >= options.characterCoverage()) {
                break;
            }
            sum += counts[c];
            if (c != BOUNDARY) {
                covered.add(c);
            }
        }
        return covered.toArray();
    }

    /// Lays the chunks out as cells; a character without a piece parts a chunk.
    private MergeSearch search(ChunkCounter chunks, int[] characters) {
        int[] numbers = new int[Character.MAX_CODE_POINT + 1];
        Arrays.fill(numbers, -1);
        for (int number = 0; number < characters.length; number++) {
            numbers[characters[number]] = number;
        }
        var cells = new IntBuilder(1 << 16);
        var weights = new IntBuilder(1 << 16);
        cells.add(-1);
        weights.add(0);
        byte[] bytes = chunks.bytes();
        for (int entry = 0; entry < chunks.size(); entry++) {
            int weight = (int) Math.min(Integer.MAX_VALUE, chunks.count(entry));
            int end = chunks.end(entry);
            for (int i = chunks.start(entry); i < end; ) {
                int decoded = Utf8.decode(bytes, i, end);
                int number = decoded >= 0 ? numbers[decoded >> 3] : -1;
                if (number >= 0 || cells.data[cells.size - 1] >= 0) {
                    cells.add(number);
                    weights.add(weight);
                }
                i += decoded >= 0 ? decoded & 7 : 1;
            }
            if (cells.data[cells.size - 1] >= 0) {
                cells.add(-1);
                weights.add(0);
            }
        }
        return new MergeSearch(
                new PieceRules(options), characters, cells.toArray(), weights.toArray());
    }

    private SentencePieceModel model(Map<Integer, Piece> special, List<String> found) {
        List<Piece> pieces = new ArrayList<>(options.vocabularySize());
        int next = 0;
        for (int id = 0; id < options.vocabularySize(); id++) {
            Piece fixed = special.get(id);
            if (fixed != null) {
                pieces.add(fixed);
            } else {
                pieces.add(new Piece(found.get(next), -next, PieceKind.NORMAL));
                next++;
            }
        }
        return new SentencePieceModel(
                "(trained)",
                SentencePieceFile.checked(pieces, "(trained)", options.byteFallback()),
                options.normalizer(),
                options.byteFallback(),
                false,
                SentencePieceModel.DEFAULT_UNKNOWN_SURFACE,
                options.record());
    }
}

package chuan.corpus;

import chuan.tokenizer.BpeTrainer;
import chuan.tokenizer.BpeTrainerOptions;
import chuan.tokenizer.SentencePieceFile;
import chuan.tokenizer.SentencePieceModel;
import chuan.tokenizer.TrainProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Trains the tokenizer as `runs/tokenizer.yaml` says. Paths are relative to the file.
///
/// @param texts JSON lines with a field `text`
/// @param symbols user-defined pieces, in the order of their ids
public record Vocabulary(
        Path texts, Path output, int pieces, double characterCoverage, List<String> symbols) {

    private static final Set<String> FIELDS =
            Set.of("texts", "output", "pieces", "character-coverage", "symbols", "reserved");

    public Vocabulary {
        symbols = List.copyOf(symbols);
    }

    /// Reads the file; `texts` and `output` override what it says when they are not null.
    public static Vocabulary read(Path file, @Nullable Path texts, @Nullable Path output) {
        CorpusConfig.Yaml yaml = CorpusConfig.Yaml.read(file);
        yaml.onlyFields(FIELDS);
        List<String> symbols = new ArrayList<>(yaml.strings("symbols"));
        JsonNode reserved = yaml.node().path("reserved");
        int first = reserved.path("first").asInt(0);
        for (int i = first; i < first + reserved.path("count").asInt(0); i++) {
            symbols.add("<reserved_" + i + ">");
        }
        return new Vocabulary(
                texts != null ? texts : yaml.path("texts"),
                output != null ? output : yaml.path("output"),
                (int) yaml.number("pieces", 12_000),
                yaml.number("character-coverage", 0.9995),
                symbols);
    }

    /// Trains on all texts and writes a standard `tokenizer.model`.
    public SentencePieceModel train(int threads, TrainProgress progress) {
        BpeTrainerOptions options =
                BpeTrainerOptions.baichuan(pieces)
                        .withCharacterCoverage((float) characterCoverage)
                        .withUserSymbols(symbols)
                        .withThreads(threads);
        try (var lines = new JsonLines(texts)) {
            SentencePieceModel model = new BpeTrainer(options, progress).train(new Texts(lines));
            SentencePieceFile.write(model, output);
            return model;
        } catch (IllegalArgumentException e) {
            throw new CorpusException(texts + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CorpusException(output + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private record Texts(JsonLines lines) implements Iterator<String> {
        @Override
        public boolean hasNext() {
            return lines.hasNext();
        }

        @Override
        public String next() {
            return lines.text(lines.next(), "text");
        }
    }
}

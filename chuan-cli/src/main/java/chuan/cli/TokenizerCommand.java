package chuan.cli;

import chuan.corpus.Vocabulary;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan tokenizer train`: a vocabulary from text.
@Command(
        name = "tokenizer",
        description = "Makes vocabularies.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class TokenizerCommand implements Runnable {
    private final Streams streams;

    TokenizerCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public void run() {
        throw new CliException("tokenizer needs a command: train; see chuan tokenizer --help");
    }

    @Command(
            name = "train",
            description = "Trains a SentencePiece BPE vocabulary as a recipe says.",
            mixinStandardHelpOptions = true)
    void train(
            @Parameters(paramLabel = "RECIPE", description = "Such as runs/tokenizer.yaml.")
                    Path recipe,
            @Option(
                            names = "--texts",
                            paramLabel = "FILE",
                            description = "JSON lines with \"text\", instead of the recipe's.")
                    @Nullable Path texts,
            @Option(
                            names = {"-o", "--output"},
                            paramLabel = "FILE",
                            description = "The file to write, instead of the recipe's.")
                    @Nullable Path output,
            @Option(names = "--threads", paramLabel = "N", description = "Default: one per core.")
                    int threads) {
        int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        Vocabulary vocabulary = Vocabulary.read(recipe, texts, output);
        try (var progress = new StageProgress(streams)) {
            var model = vocabulary.train(workers, progress::report);
            progress.clear();
            streams.out()
                    .printf(
                            "%d pieces written to %s%n",
                            model.pieces().size(), vocabulary.output());
        }
    }

    /// One progress line after the other.
    private static final class StageProgress implements AutoCloseable {
        private final Streams streams;
        private String stage = "";
        private @Nullable ProgressLine line;

        StageProgress(Streams streams) {
            this.streams = streams;
        }

        void report(String name, long done, long total) {
            ProgressLine current = line;
            if (current == null || !stage.equals(name)) {
                clear();
                stage = name;
                current = new ProgressLine(streams, name, "", Math.max(0, total));
                line = current;
            }
            current.update(done);
        }

        void clear() {
            ProgressLine current = line;
            if (current != null) current.clear();
            line = null;
        }

        @Override
        public void close() {
            clear();
        }
    }
}

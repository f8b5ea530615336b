package chuan.cli;

import chuan.tokenizer.BpeTrainer;
import chuan.tokenizer.BpeTrainerOptions;
import chuan.tokenizer.SentencePieceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
            description =
                    "Trains a SentencePiece BPE vocabulary with the settings of Baichuan: nmt_nfkc,"
                            + " digits split, byte fallback, its user-defined symbols.",
            mixinStandardHelpOptions = true)
    void train(
            @Parameters(
                            arity = "1..*",
                            paramLabel = "FILE",
                            description = "Text: .jsonl with \"text\", or plain; .gz is unpacked.")
                    List<Path> files,
            @Option(
                            names = "--vocab",
                            defaultValue = "8192",
                            paramLabel = "N",
                            description = "Pieces in all; default: ${DEFAULT-VALUE}.")
                    int vocabulary,
            @Option(
                            names = "--coverage",
                            defaultValue = "0.9995",
                            paramLabel = "C",
                            description =
                                    "Share of characters that get a piece; the rest is spelled in"
                                            + " bytes. Default: ${DEFAULT-VALUE}.")
                    float coverage,
            @Option(names = "--plain", description = "SentencePiece's own defaults instead.")
                    boolean plain,
            @Option(names = "--threads", paramLabel = "N", description = "Default: one per core.")
                    int threads,
            @Option(
                            names = {"-o", "--output"},
                            required = true,
                            paramLabel = "FILE",
                            description = "Such as tokenizer.model.")
                    Path output)
            throws IOException {
        try (var progress = new StageProgress(streams)) {
            var options =
                    plain
                            ? BpeTrainerOptions.sentencePieceDefaults(vocabulary)
                            : BpeTrainerOptions.baichuan(vocabulary);
            options = options.withCharacterCoverage(coverage);
            if (threads > 0) options = options.withThreads(threads);
            var model = new BpeTrainer(options, progress::report).train(new Documents(files));
            SentencePieceFile.write(model, output);
            progress.close();
            streams.out().printf("%d pieces written to %s%n", model.pieces().size(), output);
        } catch (IllegalArgumentException e) {
            throw new CliException("tokenizer train: " + e.getMessage());
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
                close();
                stage = name;
                current = new ProgressLine(streams, name, "", Math.max(0, total));
                line = current;
            }
            current.update(done);
        }

        @Override
        public void close() {
            ProgressLine current = line;
            if (current != null) current.close();
            line = null;
        }
    }
}

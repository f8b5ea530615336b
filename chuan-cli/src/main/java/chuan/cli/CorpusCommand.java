package chuan.cli;

import chuan.corpus.ChatConfig;
import chuan.corpus.Chats;
import chuan.corpus.CorpusConfig;
import chuan.corpus.DialogueShard;
import chuan.corpus.Pack;
import chuan.corpus.Pipeline;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `chuan corpus`: from raw text to token shards, and dialogues for fine-tuning.
@Command(
        name = "corpus",
        description = "Makes training data: clean text, a tokenizer, token shards, dialogues.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class CorpusCommand implements Runnable {
    private final Streams streams;

    CorpusCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public void run() {
        throw new CliException("corpus needs a command: clean, pack or dialogues; see its --help");
    }

    @Command(
            name = "clean",
            description = "Normalises, cleans, filters and deduplicates the documents of a recipe.",
            mixinStandardHelpOptions = true)
    void clean(
            @Parameters(paramLabel = "RECIPE", description = "Such as runs/corpus.yaml.")
                    Path recipe,
            @Option(names = "--data", description = "Folder of the raw text.") @Nullable Path data,
            @Option(names = "--output", description = "Folder to write.") @Nullable Path output,
            @Option(names = "--threads", description = "Default: one per core.") int threads) {
        var config = CorpusConfig.read(recipe, data, output);
        if (threads > 0) config = config.withThreads(threads);
        var report = Pipeline.clean(config, streams.errOnTerminal());
        streams.out().println(report.table());
    }

    @Command(
            name = "pack",
            description = "Turns the clean documents of a recipe into token shards for training.",
            mixinStandardHelpOptions = true)
    void pack(
            @Parameters(paramLabel = "RECIPE", description = "The one that was cleaned.")
                    Path recipe,
            @Option(
                            names = "--tokenizer",
                            required = true,
                            paramLabel = "FILE",
                            description = "Such as tokenizer.model.")
                    Path tokenizer,
            @Option(
                            names = "--by-source",
                            description = "A shard for each source, not for each weight.")
                    boolean bySource,
            @Option(names = "--data", description = "Folder of the raw text.") @Nullable Path data,
            @Option(names = "--output", description = "Folder to write.") @Nullable Path output)
            throws IOException {
        var config = CorpusConfig.read(recipe, data, output);
        var grouping = bySource ? Pack.Grouping.SOURCE : Pack.Grouping.WEIGHT;
        streams.out()
                .println(
                        Pack.shards(
                                config,
                                Tokenizer.load(tokenizer),
                                grouping,
                                streams.errOnTerminal()));
    }

    @Command(
            name = "dialogues",
            description = "Cuts, filters and mixes dialogues for fine-tuning.",
            mixinStandardHelpOptions = true)
    void dialogues(
            @Parameters(paramLabel = "RECIPE", description = "Such as runs/chat.yaml.") Path recipe,
            @Option(
                            names = "--tokenizer",
                            paramLabel = "FILE",
                            description = "Writes a token shard to pretrain on, too.")
                    @Nullable Path tokenizer,
            @Option(names = "--data", description = "Folder of the dialogues.") @Nullable Path data,
            @Option(names = "--output", description = "Folder to write.") @Nullable Path output)
            throws IOException {
        var config = ChatConfig.read(recipe, data, output);
        streams.out().println(Chats.prepare(config));
        if (tokenizer != null) {
            streams.out().println(DialogueShard.pack(config.output(), Tokenizer.load(tokenizer)));
        }
    }
}

package chuan.train;

import chuan.files.GenerationConfig;
import chuan.files.ModelFolder;
import chuan.model.Weights;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// `chuan sft`: a model that continues text becomes one that answers. Only answers and their ends
/// are learned ([ChatExample]).
public final class Sft {
    private Sft() {}

    /// Trains, or goes on with the run in the configured output folder.
    ///
    /// @param configFile YAML; see [TrainConfig] and `sft.yaml`. `base` is a model folder with its
    ///   tokenizer, `data.train` lists files of conversations, gzip or plain JSON lines
    /// @param device `cpu` or `libtorch`; "" as the configuration says
    /// @param available memory; a run that needs more is refused
    /// @param out progress
    /// @return whether the last step was reached; false after a request to stop
    /// @throws TrainingException in one line, for what the user can put right
    public static boolean run(
            Path configFile, String device, AvailableMemory available, PrintStream out) {
        TrainConfig config = ConfigFile.read(configFile, "sft.yaml").onDevice(device);
        if (config.base().isEmpty()) {
            throw new TrainingException(configFile + ": base must name a model folder");
        }
        ModelFolder base = ModelFolder.open(Path.of(config.base()));
        Tokenizer tokenizer = tokenizer(base);
        // as ChatExample writes them: no end token after the answers of the history
        GenerationConfig generation = base.generation().withChatFormat(2);
        if (generation.userTokenId() < 0 || generation.assistantTokenId() < 0) {
            throw new TrainingException(
                    base.path()
                            + ": generation_config.json names no user_token_id and"
                            + " assistant_token_id");
        }
        var marks =
                new ChatExample.Marks(
                        generation.userTokenId(),
                        generation.assistantTokenId(),
                        Pretrain.END_TOKEN,
                        config.chatFormat() == 1);
        int limit = config.batch().tokens();
        var examples = new ArrayList<ChatExample>();
        for (TrainConfig.Source source : config.data().train()) {
            List<ChatExample> read = examples(source.path(), tokenizer, marks, limit);
            examples.addAll(repeated(read, source.weight(), config.seed()));
        }
        var heldOut =
                config.data().heldOut().stream()
                        .map(set ->
                                answers(
                                        set.name(),
                                        examples(set.path(), tokenizer, marks, limit),
                                        config.batch(),
                                        marks))
                        .toList();
        int pad = base.config().padId();
        var joining = new ChatReader.Joining(config.join(), marks);
        var reader = new ChatReader(examples, limit, pad, joining, config.seed());
        Weights.Source<float[]> initial = (name, shape) -> base.tensor(name, shape).toFloats();
        return new TrainingRun(
                        config,
                        base.config(),
                        initial,
                        generation.withChatFormat(config.chatFormat()),
                        List.of(tokenizerFile(base)),
                        reader,
                        heldOut,
                        available)
                .run(out);
    }

    private static Path tokenizerFile(ModelFolder base) {
        return base.tokenizer()
                .orElseThrow(
                        () -> new TrainingException(base.path() + ": holds no tokenizer.model"));
    }

    private static Tokenizer tokenizer(ModelFolder base) {
        Path file = tokenizerFile(base);
        try {
            return Tokenizer.load(file);
        } catch (IOException e) {
            throw new TrainingException(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static List<ChatExample> examples(
            Path file, Tokenizer tokenizer, ChatExample.Marks marks, int limit) {
        return ChatFile.read(file).stream()
                .map(messages -> ChatExample.of(messages, tokenizer::encode, marks, limit))
                .filter(ChatExample::hasLabels)
                .toList();
    }

    /// A file of weight 2 is seen twice in an epoch, one of weight 0.5 by a random half.
    private static List<ChatExample> repeated(
            List<ChatExample> examples, double weight, long seed) {
        var result = new ArrayList<ChatExample>();
        var random = new java.util.SplittableRandom(seed);
        for (ChatExample example : examples) {
            int times = (int) weight + (random.nextDouble() < weight - (int) weight ? 1 : 0);
            for (int i = 0; i < times; i++) {
                result.add(example);
            }
        }
        return result;
    }

    private static HeldOutSet answers(
            String name,
            List<ChatExample> examples,
            TrainConfig.Batch batch,
            ChatExample.Marks marks) {
        int sequences = batch.sequences();
        var alone = new ChatReader.Joining(1, marks);
        return new HeldOutSet(
                name,
                () -> {
                    var reader = new ChatReader(examples, batch.tokens(), 0, alone, 0);
                    long batches = Math.ceilDiv(reader.sequencesPerEpoch(), sequences);
                    return Stream.generate(() -> reader.next(sequences)).limit(batches);
                },
                0);
    }
}

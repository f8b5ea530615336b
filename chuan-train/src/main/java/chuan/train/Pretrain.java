package chuan.train;

import chuan.model.ModelConfig;
import chuan.tokenizer.MalformedTokenizerException;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `chuan pretrain`: a new model from token shards.
public final class Pretrain {
    /// End of a document, in every tokenizer of this family.
    static final int END_TOKEN = 2;

    private Pretrain() {}

    /// Trains, or goes on with the run in the configured output folder.
    ///
    /// @param configFile YAML; see [TrainConfig] and `pretrain.yaml`
    /// @param device `cpu` or `libtorch`; "" as the configuration says
    /// @param available memory; a run that needs more is refused
    /// @param out progress
    /// @return whether the last step was reached; false after a request to stop
    /// @throws TrainingException in one line, for what the user can put right
    public static boolean run(
            Path configFile, String device, AvailableMemory available, PrintStream out) {
        TrainConfig config = ConfigFile.read(configFile, "pretrain.yaml").onDevice(device);
        int vocab = config.model().vocab();
        List<TokenSource> train =
                config.data().train().stream()
                        .<TokenSource>map(source -> ShardSource.open(source.path(), vocab))
                        .toList();
        Optional<Tokenizer> tokenizer =
                tokenizerFiles(config).stream().findFirst().map(Pretrain::load);
        List<HeldOutSet> heldOut =
                config.data().heldOut().stream()
                        .map(set ->
                                HeldOutSet.of(
                                        set.name(),
                                        ShardSource.open(set.path(), vocab),
                                        tokenizer,
                                        config.batch(),
                                        config.evaluation().tokens()))
                        .toList();
        return run(config, train, heldOut, available, out);
    }

    private static Tokenizer load(Path file) {
        try {
            return Tokenizer.load(file);
        } catch (IOException | MalformedTokenizerException e) {
            throw new TrainingException(file + ": " + e.getMessage(), e);
        }
    }

    static boolean run(
            TrainConfig config,
            List<TokenSource> train,
            List<HeldOutSet> heldOut,
            AvailableMemory available,
            PrintStream out) {
        ModelConfig model = config.model().toModelConfig();
        double[] weights =
                config.data().train().stream().mapToDouble(TrainConfig.Source::weight).toArray();
        var reader =
                new ShardReader(train, weights, config.batch().tokens(), END_TOKEN, config.seed());
        var initial = new InitialWeights(model, config.model().initialDeviation(), config.seed());
        return new TrainingRun(
                        config,
                        model,
                        initial,
                        config.generation(),
                        tokenizerFiles(config),
                        reader,
                        heldOut,
                        available)
                .run(out);
    }

    private static List<Path> tokenizerFiles(TrainConfig config) {
        if (config.tokenizer().isEmpty()) {
            return List.of();
        }
        Path file = Path.of(config.tokenizer());
        if (!file.endsWith("tokenizer.model") || !Files.isRegularFile(file)) {
            throw new TrainingException(
                    "tokenizer: %s must be a file called tokenizer.model".formatted(file));
        }
        return List.of(file);
    }
}

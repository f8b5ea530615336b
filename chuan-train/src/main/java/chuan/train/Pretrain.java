package chuan.train;

import chuan.model.ModelConfig;
import chuan.torch.Libtorch;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// `chuan pretrain`: a new model from token shards.
public final class Pretrain {
    /// End of a document, in every tokenizer of this family.
    static final int END_TOKEN = 2;

    private Pretrain() {}

    /// Trains, or goes on with the run in the configured output folder.
    ///
    /// @param configFile YAML; see [TrainConfig] and `pretrain.yaml`
    /// @param out progress
    /// @return whether the last step was reached; false after a request to stop
    /// @throws TrainingException in one line, for what the user can put right
    public static boolean run(Path configFile, PrintStream out) {
        TrainConfig config = ConfigFile.read(configFile, "pretrain.yaml");
        Libtorch.load(config.threads());
        List<TokenSource> train =
                config.data().train().stream()
                        .map(source -> ShardFile.open(source.path()))
                        .toList();
        return run(config, train, heldOut(config), out);
    }

    private static List<HeldOutSet> heldOut(TrainConfig config) {
        return config.data().heldOut().stream()
                .map(set ->
                        HeldOutSet.of(
                                set.name(),
                                ShardFile.open(set.path()),
                                END_TOKEN,
                                config.batch(),
                                config.evaluation().tokens()))
                .toList();
    }

    static boolean run(
            TrainConfig config,
            List<TokenSource> train,
            List<HeldOutSet> heldOut,
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
                        tokenizer(config),
                        reader,
                        heldOut)
                .run(out);
    }

    private static List<Path> tokenizer(TrainConfig config) {
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

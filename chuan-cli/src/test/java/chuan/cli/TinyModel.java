package chuan.cli;

import chuan.files.DType;
import chuan.files.GenerationConfig;
import chuan.files.ModelFolderWriter;
import chuan.model.ModelConfig;
import chuan.model.Position;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/// A chat model of random weights with a real tokenizer: says nonsense, but all of the machinery
/// runs.
final class TinyModel {
    private static final long SEED = 42;

    private TinyModel() {}

    static Path write(Path target) throws IOException {
        Path tokenizer = target.resolveSibling("tokenizer.model");
        Files.copy(
                CommandLineRun.root().resolve("testdata/golden/tokenizer/tiny-baichuan.model"),
                tokenizer);
        int vocab = Tokenizer.load(tokenizer).vocabSize();
        var config = ModelConfig.baichuan(vocab, 32, 64, 2, 2, new Position.Alibi());
        var random = new SplittableRandom(SEED);
        new ModelFolderWriter(
                        config,
                        GenerationConfig.baichuanChat(),
                        DType.F32,
                        (name, shape) -> values(random, name),
                        List.of(tokenizer))
                .write(target);
        return target;
    }

    private static chuan.files.TensorSource.Floats values(SplittableRandom random, String name) {
        boolean norm = name.endsWith("norm.weight");
        return (_, out, count) -> {
            for (int i = 0; i < count; i++)
                out[i] = norm ? 1 : (float) random.nextDouble(-0.5, 0.5);
        };
    }
}

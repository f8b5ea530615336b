package chuan.cli;

import chuan.files.ModelFolder;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--model`, and what opens it.
final class ModelOption {
    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description =
                    "Model folder, .gguf file or name of a pulled model; default: the shipped one.")
    @Nullable Path folder;

    Path path() {
        return folder == null ? Models.shipped() : Models.named(folder);
    }

    ModelFolder open() {
        return ModelFolder.open(path());
    }

    /// The tokenizer of the folder or GGUF file, or a tokenizer file itself.
    Tokenizer tokenizer() throws IOException {
        Path path = path();
        return Files.isRegularFile(path) ? Tokenizer.load(path) : Tokenizer.loadFolder(path);
    }
}

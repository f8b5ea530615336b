package chuan.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Which model is meant. The file `models/default` names the folder that is taken without
/// `--model`.
final class Models {
    private Models() {}

    /// The folder of this installation: the repository's root.
    static Path home() {
        return Path.of(System.getProperty("chuan.home", ".")).toAbsolutePath();
    }

    static Optional<String> shippedName() {
        Path file = home().resolve("models/default");
        if (!Files.isRegularFile(file)) return Optional.empty();
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path shipped() {
        return home().resolve("models")
                .resolve(
                        shippedName()
                                .orElseThrow(() ->
                                        new CliException(
                                                "no model is shipped with this copy;"
                                                        + " name one with --model")));
    }
}

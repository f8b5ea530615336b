package chuan.cli;

import chuan.hub.Hub;
import chuan.hub.Manifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
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

    /// What `--model` means: a path that exists, else the name of a model that was pulled.
    ///
    /// @throws CliException if it is there in part only
    static Path named(Path path) {
        if (Files.exists(path)) return complete(path, !Manifest.isUnfinished(path));
        String name = path.toString().replace('\\', '/');
        if (!Hub.isName(name)) return path;
        Path pulled = store().resolve(name);
        return Files.isDirectory(pulled) ? complete(pulled, Manifest.isComplete(pulled)) : path;
    }

    /// Where `chuan pull` keeps models: `$CHUAN_HOME/models`, or `~/.chuan/models`.
    static Path store() {
        String set = System.getProperty("chuan.store");
        if (set != null) return Path.of(set);
        return userFolder().resolve("models").toAbsolutePath();
    }

    /// What `chuan` keeps for this user: `$CHUAN_HOME`, or `~/.chuan`.
    static Path userFolder() {
        String home = Objects.requireNonNullElse(System.getenv("CHUAN_HOME"), "");
        return home.isEmpty()
                ? Path.of(System.getProperty("user.home", "."), ".chuan")
                : Path.of(home);
    }

    private static Path complete(Path folder, boolean whole) {
        if (whole) return folder;
        throw new CliException(
                folder + ": was pulled in part only; run the same chuan pull again, it goes on");
    }
}

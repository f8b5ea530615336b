package chuan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--out` and `--force`, and what is checked before hours of work end in an error.
final class ModelOutput {
    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "PATH",
            description = "What to write; appears when it is whole.")
    Path path = Path.of("");

    @Option(names = "--force", description = "Replace what stands there.")
    boolean force;

    /// @throws CliException if something stands there already, or the folder around it does not
    void check(Path input) throws IOException {
        if (Files.exists(path) && !force)
            throw new CliException(path + ": exists; --force replaces it");
        if (Files.exists(path) && Files.exists(input) && Files.isSameFile(path, input))
            throw new CliException(path + ": is the input; write to another name");
        if (!Files.isDirectory(folder()))
            throw new CliException(folder() + ": no such folder; create it first");
    }

    /// @throws CliException if the disk cannot hold so many bytes more
    void checkSpace(long bytes) throws IOException {
        long free = Files.getFileStore(folder()).getUsableSpace();
        if (free < bytes)
            throw new CliException(
                    String.format(
                            Locale.ROOT,
                            "%s: needs %.2f GB, but the disk has %.2f GB left",
                            path,
                            bytes / 1e9,
                            free / 1e9));
    }

    private Path folder() {
        @Nullable Path parent = path.toAbsolutePath().normalize().getParent();
        if (parent == null) throw new CliException(path + ": is not a file name");
        return parent;
    }
}

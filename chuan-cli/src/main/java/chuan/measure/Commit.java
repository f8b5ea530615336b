package chuan.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// Which sources were measured.
public final class Commit {
    private Commit() {}

    /// The short name of the commit; with a `+` if tracked sources differ from it; "unknown"
    /// outside a repository.
    public static String of(Path root) {
        try {
            String commit = line(root, "git", "rev-parse", "--short", "HEAD");
            if (commit.isEmpty()) return "unknown";
            String changed = line(root, "git", "status", "--porcelain", "--", "*.java", "pom.xml");
            return changed.isEmpty() ? commit : commit + "+";
        } catch (IOException _) {
            return "unknown";
        }
    }

    private static String line(Path root, String... command) throws IOException {
        Process process =
                new ProcessBuilder(List.of(command))
                        .directory(root.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            return Objects.requireNonNullElse(out.readLine(), "");
        } finally {
            process.destroy();
        }
    }
}

package chuan.eval;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Recorded prompts and answers of the benchmarks' own scripts, which hold questions that are not
/// ours to hand on: in a folder named by `CHUAN_SHARED` (environment or system property) or called
/// `shared` beside the repository.
public final class SharedFiles {
    private SharedFiles() {}

    /// Skips the test, with the reason, if the file is not there.
    public static Path orSkip(String name) {
        @Nullable String folder = System.getProperty("CHUAN_SHARED", System.getenv("CHUAN_SHARED"));
        Path root = Path.of(System.getProperty("chuan.root", ".."));
        Path shared = folder != null ? Path.of(folder) : root.resolveSibling("shared");
        Path file = shared.resolve(name);
        assumeTrue(
                Files.exists(file),
                () -> file + " is not here (set CHUAN_SHARED to a folder with the sets)");
        return file;
    }
}

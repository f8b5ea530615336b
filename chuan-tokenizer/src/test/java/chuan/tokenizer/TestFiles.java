package chuan.tokenizer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where tests find their files: recorded results in the repository, and the official vocabulary,
/// which is not part of it, in a folder named by `CHUAN_SHARED` (environment or system property) or
/// called `shared` beside the repository.
final class TestFiles {
    private TestFiles() {}

    static Path root() {
        return Path.of(System.getProperty("chuan.root", ".."));
    }

    static Path golden(String name) {
        return root().resolve("testdata/golden/tokenizer").resolve(name);
    }

    /// Skips the test, with the reason, if the file is not there.
    static Path sharedOrSkip(String name) {
        @Nullable String folder = System.getProperty("CHUAN_SHARED", System.getenv("CHUAN_SHARED"));
        Path shared = folder != null ? Path.of(folder) : root().resolveSibling("shared");
        Path file = shared.resolve(name);
        assumeTrue(
                Files.exists(file),
                () -> file + " is not here (set CHUAN_SHARED to a folder with the official files)");
        return file;
    }

    static Tokenizer tiny(String name) throws java.io.IOException {
        return Tokenizer.load(golden(name + ".model"));
    }
}

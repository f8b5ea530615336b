package chuan.eval.task;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Sets and prompts of others, which may not be passed on: in a folder named by `CHUAN_SHARED`
/// (environment or system property) or called `shared` beside the repository.
final class Shared {
    static final JsonMapper JSON = JsonMapper.builder().build();

    private Shared() {}

    /// Skips the test, with the reason, if it is not there.
    static Path orSkip(String name) {
        @Nullable String folder = System.getProperty("CHUAN_SHARED", System.getenv("CHUAN_SHARED"));
        Path root = Path.of(System.getProperty("chuan.root", ".."));
        Path shared = folder != null ? Path.of(folder) : root.resolveSibling("shared");
        Path path = shared.resolve(name);
        assumeTrue(
                Files.exists(path),
                () -> path + " is not here (set CHUAN_SHARED to a folder with the official sets)");
        return path;
    }

    static List<JsonNode> lines(Path file) throws IOException {
        var lines = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(file)) lines.add(JSON.readTree(line));
        return lines;
    }
}

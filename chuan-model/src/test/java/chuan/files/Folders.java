package chuan.files;

import chuan.golden.GoldenModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Copies of golden folders that tests may damage.
final class Folders {
    private Folders() {}

    static Path copy(String golden, Path into) {
        var source = GoldenModel.folder(golden);
        var target = into.resolve(golden);
        try (var files = Files.list(source)) {
            Files.createDirectories(target);
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".npy") && !name.startsWith("golden"))
                    Files.copy(file, target.resolve(name));
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Rewrites a JSON file of one object.
    static void edit(Path file, Consumer<Map<String, Json>> change) {
        var fields = new LinkedHashMap<>(Json.readObject(file).fields());
        change.accept(fields);
        write(file, new Json.Obj(fields).pretty().getBytes(StandardCharsets.UTF_8));
    }

    static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

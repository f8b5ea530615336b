package chuan.engine;

import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Readers for `testdata/golden`.
final class Golden {
    private Golden() {}

    static Path root() {
        return Path.of(System.getProperty("chuan.root", ".."));
    }

    static Path file(String name) {
        return root().resolve("testdata/golden").resolve(name);
    }

    /// The objects in the field `cases`.
    static List<JsonFields> cases(String name) {
        var file = file(name);
        var fields = new JsonFields(file, Json.readObject(file));
        var items = (Json.Arr) fields.find("cases").orElseThrow();
        return items.items().stream().map(i -> new JsonFields(file, (Json.Obj) i)).toList();
    }

    static int[] ints(Json array) {
        return ((Json.Arr) array)
                .items().stream()
                        .mapToInt(i -> Integer.parseInt(((Json.Num) i).literal()))
                        .toArray();
    }

    static int[] ints(JsonFields fields, String key) {
        return ints(fields.find(key).orElseThrow());
    }

    /// The official vocabulary, which is not part of this repository: in `golden/tokenizer` of the
    /// folder named by `CHUAN_SHARED` (environment or system property), else of `../shared` beside
    /// the repository.
    static Optional<Tokenizer> officialTokenizer() throws IOException {
        var places =
                Stream.of(
                                System.getProperty("CHUAN_SHARED"),
                                System.getenv("CHUAN_SHARED"),
                                root().toAbsolutePath().normalize().resolve("../shared").toString())
                        .filter(p -> p != null && !p.isEmpty())
                        .map(p -> Path.of(p).resolve("golden/tokenizer"))
                        .filter(p -> Files.exists(p.resolve("tokenizer.model")))
                        .findFirst();
        return places.isPresent()
                ? Optional.of(Tokenizer.loadFolder(places.get()))
                : Optional.empty();
    }
}

package chuan.golden;

import chuan.files.Json;
import chuan.files.JsonFields;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The recorded results of one tiny model, `testdata/golden/NAME`: inputs with the official logits,
/// and greedy continuations.
public record GoldenModel(String name, List<Input> inputs, List<Greedy> greedy) {

    /// All models with recorded logits.
    public static final List<String> NAMES =
            List.of("tiny-alibi", "tiny-alibi2", "tiny-rope", "tiny-llama", "tiny-llama-gqa");

    /// @param positions the row of the whole result that each row of `logits` belongs to
    public record Input(int[] ids, int[] positions, float[][] logits) {}

    /// @param continuation argmax after argmax, not stopping at the end-of-text id
    public record Greedy(int[] prompt, int[] continuation) {}

    /// `testdata/golden/name`
    public static Path folder(String name) {
        return Path.of(System.getProperty("chuan.root", ".."), "testdata", "golden", name);
    }

    /// What may not be kept with the sources: the folder named by `CHUAN_SHARED` (system property
    /// or environment), else `shared` beside the sources.
    public static Path shared() {
        String named = System.getProperty("CHUAN_SHARED", System.getenv("CHUAN_SHARED"));
        return named == null
                ? Path.of(System.getProperty("chuan.root", ".."), "..", "shared")
                : Path.of(named);
    }

    public static GoldenModel read(String name) {
        var file = folder(name).resolve("golden.json");
        var root = new JsonFields(file, Json.readObject(file));
        return new GoldenModel(
                name,
                objects(root, "inputs").map(i -> input(name, i)).toList(),
                objects(root, "greedy")
                        .map(g -> new Greedy(ints(g, "prompt_ids"), ints(g, "kv_cache")))
                        .toList());
    }

    /// The input of this length.
    public Input input(int length) {
        return inputs.stream().filter(i -> i.ids.length == length).findFirst().orElseThrow();
    }

    /// How far from the official code a correct fp32 implementation may lie: about twice that
    /// code's own distance from a float64 rerun (9e-5 at 300 tokens; RoPE in fp32 reaches 1.7e-4).
    /// At 1,500 the official ALiBi bias, slope times absolute position, has lost digits of its own:
    /// 3e-4.
    public double limit(int length) {
        if (length > 300) return 1e-3;
        boolean rope = !name.startsWith("tiny-alibi");
        return length == 300 && rope ? 5e-4 : 2e-4;
    }

    private static Input input(String name, JsonFields fields) {
        int[] ids = ints(fields, "ids");
        float[][] logits = Npy.matrix(folder(name).resolve(fields.text("logits").orElseThrow()));
        boolean all = fields.find("positions").orElseThrow() instanceof Json.Str;
        int[] positions =
                all ? IntStream.range(0, ids.length).toArray() : ints(fields, "positions");
        return new Input(ids, positions, logits);
    }

    private static Stream<JsonFields> objects(JsonFields root, String key) {
        return ((Json.Arr) root.find(key).orElseThrow())
                .items().stream().map(item -> new JsonFields(root.file(), (Json.Obj) item));
    }

    static int[] ints(JsonFields fields, String key) {
        return ((Json.Arr) fields.find(key).orElseThrow())
                .items().stream()
                        .mapToInt(item -> Integer.parseInt(((Json.Num) item).literal()))
                        .toArray();
    }
}

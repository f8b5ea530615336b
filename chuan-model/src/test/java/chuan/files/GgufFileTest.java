package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import chuan.golden.GoldenModel;
import chuan.golden.Npy;
import chuan.model.ReferenceBackend;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Every variant of `golden/gguf/broken`: a valid file with one thing changed.
class GgufFileTest {
    private static final Path BROKEN = GoldenModel.folder("gguf").resolve("broken");

    /// What the message must name: the place, then what is wrong.
    private static final Map<String, String[]> REFUSED =
            Map.ofEntries(
                    Map.entry("01-wrong-magic", says("not a GGUF file")),
                    Map.entry("02-version-99", says("version 99 is not supported; 2 and 3 are")),
                    Map.entry("03-tensor-count-huge", says("4611686018427387904 tensors do not")),
                    Map.entry("04-string-length-huge", says("1152921504606846976 bytes of a str")),
                    Map.entry("05-array-length-2p40", says("1099511627776 elements of the array")),
                    Map.entry(
                            "06-offset-negative",
                            says("tensor blk.0.attn_q.weight", "offset 18446744073709551584 pass")),
                    Map.entry(
                            "07-offset-past-end",
                            says("tensor blk.0.ffn_down.weight", "offset 1099511627776 pass the")),
                    Map.entry(
                            "08-dims-product-overflow",
                            says("tensor output.weight", "8589934592 x 8589934592 elements")),
                    Map.entry(
                            "09-truncated-data",
                            says("tensor blk.0.ffn_down.weight", "pass the end of the file")),
                    Map.entry("10-truncated-header", says("at byte", "ends inside its metadata")),
                    Map.entry(
                            "11-unknown-tensor-type",
                            says("tensor blk.0.attn_norm.weight", "type id 77 is unknown")),
                    Map.entry(
                            "12-duplicate-tensor",
                            says("tensor blk.0.attn_q.weight", "occurs twice")),
                    Map.entry(
                            "13-missing-head-count",
                            says("key \"llama.attention.head_count\"", "is missing")),
                    Map.entry("14-zero-dim", says("tensor output.weight", "a dimension", "is 0")),
                    Map.entry(
                            "15-offset-misaligned",
                            says("tensor blk.0.attn_norm.weight", "multiple of the alignment 32")),
                    Map.entry(
                            "16-alignment-24",
                            says("key \"general.alignment\"", "24 is not a power of two")),
                    Map.entry("17-duplicate-key", says("key \"llama.block_count\"", "occurs twic")),
                    Map.entry(
                            "18-unknown-value-type",
                            says("key \"x.bad\"", "value type 13 is unknown")),
                    Map.entry(
                            "19-row-not-multiple-of-block",
                            says("tensor output.weight", "16 elements", "Q8_0 block of 32")),
                    Map.entry("20-five-dims", says("tensor output.weight", "5 dimensions; 1 to 4")),
                    Map.entry(
                            "21-missing-tensor", says("tensor blk.0.attn_q.weight", "is missing")),
                    Map.entry(
                            "22-wrong-shape",
                            says("tensor blk.0.attn_q.weight", "[16, 32]", "asks for [32, 32]")),
                    Map.entry("23-big-endian-version", says("big-endian")),
                    Map.entry("24-empty", says("only 0 bytes")),
                    Map.entry("25-hole-in-data", says("tensor blk.0.attn_q.weight", "is missing")),
                    Map.entry(
                            "26-overlapping-tensors",
                            says("blk.0.attn_q.weight", "blk.0.attn_k.weight", "overlaps")),
                    Map.entry(
                            "27-missing-embedding-length",
                            says("key \"llama.embedding_length\"", "is missing")),
                    Map.entry(
                            "28-unknown-architecture",
                            says("key \"general.architecture\"", "\"mamba9\" is not supported")),
                    Map.entry(
                            "29-key-of-wrong-type",
                            says(
                                    "key \"llama.embedding_length\"",
                                    "is a string, expected is an unsigned integer")),
                    Map.entry(
                            "35-no-padding-after-last-tensor", says("tensor x.extra", "no place")),
                    Map.entry("36-padding-after-last-tensor", says("tensor x.extra", "no place")));

    private static String[] says(String... parts) {
        return parts;
    }

    @Test
    void everyVariantLoadsOrIsRefusedForItsReason() {
        var seen = new HashSet<String>();
        var list =
                (Json.Arr)
                        Json.parse(
                                BROKEN,
                                MappedFile.readSmall(BROKEN.resolve("broken.json"), 1 << 20));
        for (Json item : list.items()) {
            var entry = new JsonFields(BROKEN, (Json.Obj) item);
            Path file = BROKEN.resolve(entry.text("file").orElseThrow());
            String name = file.getFileName().toString().replace(".gguf", "");
            String expect = entry.text("expect").orElseThrow();
            var error = catchThrowable(() -> ModelFolder.open(file).rows());
            System.out.println(
                    error == null
                            ? name + ": loads"
                            : String.valueOf(error.getMessage()).replace(BROKEN + "/", ""));
            String[] parts = REFUSED.get(name);
            if (parts == null) {
                assertThat(expect).as(name).isNotEqualTo("refuse");
                assertThat(error).as(name).isNull();
            } else {
                seen.add(name);
                assertThat(expect).as(name).isNotEqualTo("load");
                assertThat(error)
                        .as(name)
                        .isInstanceOf(MalformedFileException.class)
                        .hasMessageStartingWith(file.toString())
                        .hasMessageContainingAll(parts);
                assertThat(error.getMessage()).doesNotContain("\n");
            }
        }
        assertThat(seen).isEqualTo(REFUSED.keySet());
    }

    @Test
    void theValidOnesComputeWhatLlamaCppComputes() {
        float[][] expected = Npy.matrix(BROKEN.resolve("valid-logits.npy"));
        int[] ids = {1, 4, 5, 6};
        double largest = 0;
        for (String name :
                new String[] {
                    "00-valid",
                    "30-valid-alignment-64",
                    "31-valid-all-value-types",
                    "32-valid-version-2",
                    "33-nested-array",
                    "34-valid-trailing-bytes"
                }) {
            var model = ModelFolder.open(BROKEN.resolve(name + ".gguf"));
            var logits = new float[4 * 16];
            try (var backend = new ReferenceBackend(model.config(), model.rows());
                    var cache = backend.newCache(4)) {
                backend.forward(cache, ids, 0, 4, 4, logits);
            }
            for (int i = 0; i < logits.length; i++)
                largest = Math.max(largest, Math.abs(logits[i] - expected[i / 16][i % 16]));
        }
        System.out.printf("largest difference to llama.cpp %.1e, limit 1e-4%n", largest);
        assertThat(largest).isLessThan(1e-4);
    }
}
